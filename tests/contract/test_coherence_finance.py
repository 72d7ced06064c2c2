"""Cards, accounts, companies, cars, goods and payments hold together on every one of 100,000 rows."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from runner import pools
from runner.engine import Engine
from runner.schema import check

ROWS = 100_000
NUMBERS = 10_000


def made(rows: int = ROWS, locale: str = "en_US", **columns: Any) -> pa.Table:
    """Rows of generators' columns: a name, or a name with parameters."""
    specs = {
        c: {"gen": spec, "locale": locale} if isinstance(spec, str) else {"locale": locale, **spec} for c, spec in columns.items()
    }
    checked = check({"tables": {"t": {"rows": rows, "columns": specs}}})
    assert checked.plan, checked.findings
    batch = pa.Table.from_batches([Engine(checked.plan).batch("t", 0, rows)])
    return pa.table({name: plain(batch.column(name)) for name in batch.column_names})


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def texts(table: pa.Table, *columns: str) -> zip[tuple[Any, ...]]:
    return zip(*(table.column(c).to_pylist() for c in columns), strict=True)


def known(pool: str, *fields: str) -> set[tuple[Any, ...]]:
    """What the entries of a pool say in these fields."""
    entries = pools.pool(pool)
    return set(zip(*(entries.field(f).to_pylist() for f in fields), strict=True))


def distinct(table: pa.Table, *columns: str) -> set[tuple[Any, ...]]:
    groups = table.group_by(list(columns)).aggregate([])
    return set(zip(*(groups.column(c).to_pylist() for c in columns), strict=True))


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "fr_FR", "pl_PL", "id_ID"])
def test_iban_bic_and_bank_are_of_one_bank(locale: str) -> None:
    rows = made(locale=locale, iban="iban", bic="bic", bank="bank_name")
    assert pc.all(pc.equal(pc.utf8_slice_codeunits(rows["iban"], 0, 2), pc.utf8_slice_codeunits(rows["bic"], 4, 6))).as_py()
    codes = dict(known("finance/bank", "bic", "code"))
    assert all(iban[4:].startswith(codes[bic]) or iban[5:].startswith(codes[bic]) for iban, bic in texts(rows, "iban", "bic"))
    assert distinct(rows, "bic", "bank") <= known("finance/bank", "bic", "name")


def test_every_country_of_ibans_has_banks_of_its_own() -> None:
    numdb = pytest.importorskip("stdnum.numdb")
    bic = pytest.importorskip("stdnum.bic")
    rows = known("finance/bank", "country", "bic", "account_digits")
    assert all(code[4:6] == country and bic.is_valid(code) for country, code, _ in rows)
    found = {country for country, _, width in rows if width}
    assert len(found) >= 85
    assert all(numdb.get("iban").info(country)[0][1] for country in found)


def with_ibans() -> list[str]:
    return sorted({country for country, width in known("finance/bank", "country", "account_digits") if width})


@pytest.mark.parametrize("country", with_ibans())
def test_account_numbers_of_each_country_are_valid(country: str) -> None:
    iban = pytest.importorskip("stdnum.iban")
    rows = made(500, iban={"gen": "iban", "country": country, "unique": True})
    assert [number for number in rows["iban"].to_pylist() if not iban.is_valid(number)] == []
    assert pc.count_distinct(rows["iban"]).as_py() == 500


def test_cards_are_of_their_brand() -> None:
    luhn = pytest.importorskip("stdnum.luhn")
    rows = made(card="credit_card", brand="card_brand", cvv="card_cvv", expiry="card_expiry")
    sizes = pa.table({"brand": rows["brand"], "card": pc.utf8_length(rows["card"]), "cvv": pc.utf8_length(rows["cvv"])})
    assert distinct(sizes, "brand", "card", "cvv") == known("finance/brand", "name", "length", "code")
    starts = {
        (brand, str(base // 10**10)) for brand, base in known("finance/card", "brand_name", "base")
    }  # first digits, as many as the ten drawn ones and the check digit leave
    begin = pa.table({"brand": rows["brand"], "start": [card[:-11] for card in rows["card"].to_pylist()]})
    assert distinct(begin, "brand", "start") <= starts
    assert all(luhn.is_valid(card) for card in rows["card"].to_pylist()[:NUMBERS])


@pytest.mark.parametrize("locale", ["en_US", "id_ID", "ja_JP", "de_DE"])
def test_a_company_s_name_form_and_domain_agree(locale: str) -> None:
    rows = made(
        locale=locale, name="company", again="business_name", form="legal_form", domain="business_domain", mail="business_email",
        site="business_website",
    )  # fmt: skip
    assert rows["name"].equals(rows["again"])
    for name, form, domain, mail, site in texts(rows, "name", "form", "domain", "mail", "site"):
        assert name.endswith(form) or name.startswith(form)
        assert mail.endswith(f"@{domain}")
        assert site == f"https://www.{domain}"
    slugs = dict(known(f"{locale}/person_last", "name", "slug"))
    if locale == "en_US":
        bare = [n.removesuffix(f" {f}").replace("-", " ").split(" ") for n, f in texts(rows, "name", "form")]
        assert all("".join(slugs.get(p, p) for p in parts) == d.removesuffix(".example").replace("-", "")
                   for parts, d in zip(bare, rows["domain"].to_pylist(), strict=True))  # fmt: skip


@pytest.mark.parametrize("column", ["company", "business_domain", "business_email", "business_website"])
def test_a_company_stays_whole_where_a_column_of_it_is_unique(column: str) -> None:
    columns = {"company": "company", "business_domain": "business_domain", "business_email": "business_email",
               "business_website": "business_website"}  # fmt: skip
    specs: dict[str, Any] = {c: {"gen": gen, "unique": c == column} for c, gen in columns.items()}
    rows = made(50_000, **specs)
    assert pc.count_distinct(rows[column]).as_py() == 50_000
    for name, domain, mail, site in texts(rows, *columns):
        number = name.rpartition(" ")[2]
        assert number.isdigit()
        assert domain.endswith(f"{number}.example")
        assert mail.endswith(f"@{domain}")
        assert site == f"https://www.{domain}"


def test_cars_are_what_their_maker_made_that_year() -> None:
    fields = ("maker", "name", "year", "body", "fuel", "wmi", "vds")
    rows = made(
        maker="car_maker", name="car_model", year="car_year", body="car_type", fuel="fuel_type", vin="vin", car="vehicle.car",
        gears="transmission", litres="engine_size",
    )  # fmt: skip
    cut = {"wmi": pc.utf8_slice_codeunits(rows["vin"], 0, 3), "vds": pc.utf8_slice_codeunits(rows["vin"], 3, 8)}
    whole = pa.table({**{name: rows[name] for name in fields[:5]}, **cut})
    assert distinct(whole, *fields) <= known("vehicle/model", *fields)
    assert rows["car"].equals(pc.binary_join_element_wise(rows["maker"], rows["name"], " "))
    electric = rows.filter(pc.equal(rows["fuel"], "Electric"))
    assert set(electric["gears"].to_pylist()) == {"Automatic"}
    assert set(electric["litres"].to_pylist()) == {0}
    assert pc.min(rows.filter(pc.equal(rows["fuel"], "Petrol"))["litres"]).as_py() > 0


def test_vehicle_numbers_tell_their_year_and_have_their_check_digit() -> None:
    rows = made(vin="vin", year="car_year")
    letters = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
    values = np.zeros(128, np.int64)
    values[[ord(c) for c in letters]] = [*range(10), *range(1, 9), *range(1, 6), 7, 9, *range(2, 10)]
    codes = np.array([list(vin.encode()) for vin in rows["vin"].to_pylist()])
    assert codes.shape == (ROWS, 17)
    assert set(np.unique(codes)) <= {ord(c) for c in letters}
    total = values[codes] @ np.array([8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2])
    assert np.array_equal(codes[:, 8], np.array([ord(c) for c in "0123456789X"])[total % 11])
    years = np.array([ord(c) for c in "123456789ABCDEFGHJKLMNPRS"])[rows["year"].to_numpy() - 2001]
    assert np.array_equal(codes[:, 9], years)


def test_goods_have_the_category_and_a_price_of_their_kind() -> None:
    rows = made(name="product_name", category="product_category", price="commerce.price")
    ranges = {
        name: (category, low, high) for name, category, low, high in known("commerce/product", "name", "category", "low", "high")
    }
    for name, category, price in texts(rows, "name", "category", "price"):
        own, low, high = ranges[name.split(" ", 2)[2]]
        assert own == category
        assert low <= price <= high


def test_payments_fit_their_merchant_and_currency() -> None:
    rows = made(
        merchant="finance.merchant", code="mcc", category="merchant_category", amount="transaction_amount",
        currency="currency_code", line="transaction_description",
    )  # fmt: skip
    assert distinct(rows, "code", "category") <= known("market/merchant", "code", "category")
    money = {code: (digits, units) for code, digits, units in known("finance/currency", "code", "digits", "units")}
    shops: dict[str, list[tuple[str, int, int]]] = {}
    for code, noun, low, high in known("market/merchant", "code", "noun", "low", "high"):
        shops.setdefault(code, []).append((noun, low, high))
    for merchant, code, amount, currency, line in texts(rows, "merchant", "code", "amount", "currency", "line"):
        digits, units = money[str(currency)]
        assert any(merchant.endswith(f" {noun}") and low * units <= amount <= high * units for noun, low, high in shops[code])
        assert digits or amount == int(amount)
        assert f" {merchant.upper()} REF " in line


def test_stocks_are_of_their_exchange() -> None:
    isin = pytest.importorskip("stdnum.isin")
    rows = made(ticker="stock_ticker", name="stock_name", mic="mic", exchange="stock_exchange", city="exchange_city",
                market="stock_market", isin="stock_isin")  # fmt: skip
    fields = ("ticker", "name", "mic", "exchange", "city", "isin")
    found = distinct(rows, *fields)
    assert found <= known("market/stock", *fields)
    assert rows["exchange"].equals(rows["market"])
    assert len(found) > 500
    assert all(isin.is_valid(row[-1]) for row in found)


def test_codes_of_exchanges_and_crypto_currencies_belong_to_their_names() -> None:
    rows = made(name="stock_exchange", mic="mic", city="exchange_city", coin="crypto_code", called="crypto_name")
    assert distinct(rows, "name", "mic", "city") <= known("market/exchange", "name", "mic", "city")
    assert distinct(rows, "coin", "called") <= known("market/crypto", "code", "name")


@pytest.mark.parametrize(
    ("currency", "scale", "middle"), [("USD", 2, 60), ("JPY", 0, 12_000), ("KWD", 3, 60), ("IDR", 2, 1_200_000)]
)
def test_money_has_the_digits_and_the_size_of_its_currency(currency: str, scale: int, middle: int) -> None:
    rows = made(NUMBERS, amount={"gen": "money", "currency": currency})
    assert rows["amount"].type == pa.decimal128(18, scale)
    amounts = sorted(rows["amount"].to_pylist())
    assert middle / 2 < amounts[NUMBERS // 2] < middle * 3
    assert amounts[-1] <= middle * 100


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("credit_card", "luhn"), ("isbn10", "isbn"), ("isbn13", "isbn"), ("barcode", "ean"), ("ean8", "ean"), ("upc", "ean"),
        ("gtin14", "ean"), ("routing_number", "us.rtn"), ("isin", "isin"), ("cusip", "cusip"), ("lei", "lei"),
        ("sedol", "gb.sedol"), ("iban", "iban"), ("bic", "bic"), ("creditor_reference", "iso11649"), ("imei", "imei"),
    ],
)  # fmt: skip
def test_check_digits_are_right_by_another_library(name: str, rule: str) -> None:
    module = pytest.importorskip(f"stdnum.{rule}")
    numbers = made(NUMBERS, n=name)["n"].to_pylist()
    assert [number for number in numbers if not module.is_valid(number)] == []
    assert len(set(numbers)) > (1_000 if name not in ("bic",) else 40)


VAT = "AT BE BG CH CZ DE DK EE ES FI FR GB GR HR HU IE IT LU NL NO PL PT RO SE SI SK".split()


def _vat_rule(country: str) -> Callable[[str], bool]:
    names = {"GB": "stdnum.gb.vat", "CH": "stdnum.ch.vat", "NO": "stdnum.no.mva"}
    valid: Callable[[str], bool] = import_module(names.get(country, "stdnum.eu.vat")).is_valid
    return valid


@pytest.mark.parametrize("country", VAT)
def test_vat_numbers_are_valid_in_each_country(country: str) -> None:
    pytest.importorskip("stdnum")
    valid = _vat_rule(country)
    rows = made(NUMBERS, vat={"gen": "vat_id", "country": country, "unique": True})["vat"].to_pylist()
    assert [number for number in rows if not valid(number)] == []
    assert len(set(rows)) == NUMBERS
    assert {number[:2] for number in rows} == {"EL" if country == "GR" else country}


def chi_square(counts: dict[Any, int], weights: dict[Any, int]) -> float:
    """The statistic of the counts against shares proportional to the weights."""
    rows, whole = sum(counts.values()), sum(weights.values())
    return sum((counts.get(v, 0) - rows * w / whole) ** 2 / (rows * w / whole) for v, w in weights.items())


@pytest.mark.parametrize(
    ("name", "pool", "field"),
    [("card_brand", "finance/card", "brand_name"), ("merchant_category_code", "market/merchant", "code"),
     ("car_maker", "vehicle/model", "maker"), ("fuel_type", "vehicle/model", "fuel")],
)  # fmt: skip
def test_weights_are_followed(name: str, pool: str, field: str) -> None:
    entries = pools.pool(pool)
    shares = entries.weights if entries.weights is not None else np.ones(entries.size, np.int64)
    weights: dict[str, int] = {}
    for value, share in zip(entries.field(field).to_pylist(), shares.tolist(), strict=True):
        weights[value] = weights.get(value, 0) + share
    counts = {c["values"]: c["counts"] for c in pc.value_counts(made(n=name)["n"].combine_chunks()).to_pylist()}
    freedom = len(weights) - 1
    assert set(counts) <= set(weights)
    assert chi_square(counts, weights) < freedom + 6 * (2 * freedom) ** 0.5
