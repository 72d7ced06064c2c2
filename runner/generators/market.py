"""Markets and payments: securities with their check digits, exchanges, crypto-currencies, merchants."""

from __future__ import annotations

from runner.generators.checked import (
    add,
    complement,
    digits,
    divide,
    mark,
    modulo,
    multiply,
    numbered,
    places,
    weighted_sum,
    written,
)
from runner.generators.compose import const, join
from runner.generators.identifier import drawn_pattern
from runner.generators.people import Person
from runner.generators.picks import field, record
from runner.generators.registry import Made, Make, generator
from runner.ops import Call, Op, Shaped, Values, Weighted
from runner.types import INT, STRING, Type, decimal

field(
    "finance.stock_ticker",
    "The ticker of the row's stock",
    "stock",
    "market/stock",
    "ticker",
    aliases=("ticker",),
    keywords=("share", "symbol"),
)
field("finance.stock_name", "A company whose stock is traded", "stock", "market/stock", keywords=("share", "listed company"))
field("finance.stock_market", "Where the row's stock is traded", "stock", "market/stock", "exchange", keywords=("share",))
field("finance.stock_mic", "The market identifier code of where the row's stock is traded", "stock", "market/stock", "mic",
      keywords=("share", "iso 10383"))  # fmt: skip
field("finance.stock_isin", "The ISIN of the row's stock", "stock", "market/stock", "isin", keywords=("share", "security"))
field("finance.stock_sector", "The sector of the row's stock", "stock", "market/stock", "sector", keywords=("share", "branch"))
field("finance.stock_industry", "The industry of the row's stock", "stock", "market/stock", "industry",
      keywords=("share", "branch"))  # fmt: skip
_OF_STOCK = tuple(f"finance.stock_{name}" for name in ("ticker", "name", "market", "mic", "isin", "sector", "industry"))


def _exchange(make: Make, of: str, of_stock: str) -> Made:
    """A field of the row's exchange: where its stock is traded, if columns beside show a stock."""
    if any(b.generator in _OF_STOCK for b in make.beside):
        return record(make, "stock", "market/stock", of_stock)
    return record(make, "exchange", "market/exchange", of)


@generator("finance.stock_exchange", "A stock exchange", keywords=("bourse",))
def stock_exchange(make: Make) -> Made:
    """That of the row's stock, where columns beside show one."""
    return _exchange(make, "name", "exchange")


@generator("finance.mic", "The market identifier code of the row's exchange (ISO 10383)", keywords=("bourse",))
def mic(make: Make) -> Made:
    """Four letters or digits."""
    return _exchange(make, "mic", "mic")


@generator("finance.exchange_city", "The city of the row's exchange", keywords=("bourse",))
def exchange_city(make: Make) -> Made:
    """In English."""
    return _exchange(make, "city", "city")


field(
    "finance.crypto_code",
    "The code of the row's crypto-currency",
    "crypto",
    "market/crypto",
    "code",
    aliases=("cryptocurrency_iso_code", "cryptocurrency_code"),
    keywords=("coin",),
)
field(
    "finance.crypto_name",
    "A crypto-currency",
    "crypto",
    "market/crypto",
    aliases=("cryptocurrency", "cryptocurrency_name"),
    keywords=("coin",),
)
_ALNUM = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_HEX = "0123456789abcdef"


@generator(
    "finance.routing_number",
    "A US bank routing number with its check digit",
    aliases=("ach_routing", "aba", "aba_routing"),
    keywords=("bank", "transit"),
)
def routing_number(make: Make) -> Made:
    """A Federal Reserve district 01 to 12, six digits and the digit of weights 3, 7 and 1 (ABA)."""
    number, size = numbered(make, 10**6, 13 * 10**6)
    return written(
        make, size, digits(number, 8), digits(complement(weighted_sum(places(number, 8), (3, 7, 1, 3, 7, 1, 3, 7)), 10))
    )


@generator("finance.ach_account", "A US bank account number", keywords=("bank",))
def ach_account(make: Make) -> Made:
    """Twelve digits."""
    return written(make, 10**12, digits(make.index(10**12), 12))


@generator("finance.sort_code", "A British sort code", keywords=("bank", "uk"))
def sort_code(make: Make) -> Made:
    """Three pairs of digits."""
    index = make.index(10**6)
    pairs = [digits(modulo(divide(index, 100**p), 100), 2) for p in (2, 1, 0)]
    return written(make, 10**6, pairs[0], "-", pairs[1], "-", pairs[2])


def _letters(index: Op, count: int, alphabet: str) -> list[Op]:
    return [modulo(divide(index, len(alphabet) ** p), len(alphabet)) for p in range(count - 1, -1, -1)]


@generator("finance.cusip", "A CUSIP of a North American security with its check digit", keywords=("security", "bond"))
def cusip(make: Make) -> Made:
    """Six digits, two letters or digits, and the digit of modulus 10 double add double."""
    size = 10**6 * 36**2
    index = make.index(size)
    head, tail = divide(index, 36**2), _letters(modulo(index, 36**2), 2, _ALNUM)
    total: Op = const(0)
    for place, value in enumerate([*places(head, 6), *tail]):
        doubled = multiply(value, 2) if place % 2 else value
        total = add(total, add(divide(doubled, 10), modulo(doubled, 10)))
    return written(make, size, digits(head, 6), *(mark(t, _ALNUM) for t in tail), digits(complement(total, 10)))


@generator("finance.isin", "An ISIN of an American security with its check digits", keywords=("security", "bond", "share"))
def isin(make: Make) -> Made:
    """US, a CUSIP of digits, and the Luhn digit over the letters as numbers (ISO 6166)."""
    number = make.index(10**8)
    doubled = [multiply(digit, 2) if place % 2 else digit for place, digit in enumerate(places(number, 8))]
    total: Op = const(0)
    for value in doubled:
        total = add(total, add(divide(value, 10), modulo(value, 10)))
    nine = add(multiply(number, 10), complement(total, 10))
    payload = add(nine, 3028 * 10**9)  # U is 30, S is 28
    return written(make, 10**8, "US", digits(nine, 9), digits(Call("luhn", (payload,))))


@generator("finance.sedol", "A SEDOL of a British security with its check digit", keywords=("security", "share"))
def sedol(make: Make) -> Made:
    """B, five digits and the digit of weights 1 3 1 7 3 9."""
    number = make.index(10**5)
    total = add(weighted_sum(places(number, 5), (3, 1, 7, 3, 9)), 11)
    return written(make, 10**5, "B", digits(number, 5), digits(complement(total, 10)))


@generator("finance.lei", "A legal entity identifier with its check digits", keywords=("company", "gleif"))
def lei(make: Make) -> Made:
    """5493, 00, twelve digits and ISO 7064 MOD 97-10 (ISO 17442)."""
    number = make.index(10**12)
    rest = modulo(add(multiply(modulo(number, 97), 100), 549_300 * 10**14 % 97), 97)
    return written(
        make, 10**12, "549300", digits(number, 12), digits(add(1, modulo(add(97, add(97, multiply(rest, -1))), 97)), 2)
    )


@generator("finance.creditor_reference", "A structured reference of a creditor (ISO 11649)", keywords=("invoice", "sepa"))
def creditor_reference(make: Make) -> Made:
    """RF, two check digits and twelve digits."""
    number = make.index(10**12)
    rest = modulo(add(multiply(modulo(number, 97), 10**6), 271_500), 97)  # R is 27, F is 15
    return written(make, 10**12, "RF", digits(add(98, multiply(rest, -1)), 2), digits(number, 12))


def _drawn(make: Make, alphabets: tuple[str, ...]) -> Made:
    return Made(drawn_pattern(make, alphabets), STRING, None, unique=make.unique)


@generator("finance.bitcoin_address", "Text in the shape of a Bitcoin address", keywords=("crypto", "wallet"))
def bitcoin_address(make: Make) -> Made:
    """1 and 33 characters of base 58; its check sum is not valid, so that nobody can send money there."""
    return _drawn(make, ("1", *(_BASE58,) * 33))


@generator("finance.bitcoin_private_key", "Text in the shape of a Bitcoin private key", keywords=("crypto", "wallet"))
def bitcoin_private_key(make: Make) -> Made:
    """5, one of H, J, K and 49 characters of base 58; its check sum is not valid."""
    return _drawn(make, ("5", "HJK", *(_BASE58,) * 49))


@generator("finance.ethereum_address", "An Ethereum address in small letters", keywords=("crypto", "wallet"))
def ethereum_address(make: Make) -> Made:
    """0x and forty hexadecimal digits."""
    return _drawn(make, ("0", "x", *(_HEX,) * 40))


@generator("finance.crypto_transaction", "The hash of a transaction on a chain", aliases=("tx_hash",), keywords=("blockchain",))
def crypto_transaction(make: Make) -> Made:
    """0x and 64 hexadecimal digits."""
    return _drawn(make, ("0", "x", *(_HEX,) * 64))


def _few(make: Make, values: tuple[str, ...], weights: tuple[int, ...] = ()) -> Made:
    index = Weighted(make.key("index"), weights, make.at) if weights and not make.unique else make.index(len(values))
    return Made(Values(values, index), STRING, len(values), unique=make.unique)


@generator("finance.bank_type", "A kind of bank", keywords=("institution",))
def bank_type(make: Make) -> Made:
    """Those that there are."""
    return _few(
        make,
        (
            "building society",
            "central bank",
            "commercial bank",
            "cooperative bank",
            "credit union",
            "development bank",
            "investment bank",
            "online bank",
            "private bank",
            "retail bank",
            "savings bank",
            "trust company",
        ),
    )


@generator("finance.account_type", "A kind of bank account, by how common it is", keywords=("savings", "checking"))
def account_type(make: Make) -> Made:
    """Mostly checking and savings."""
    return _few(
        make,
        (
            "checking",
            "savings",
            "credit card",
            "mortgage",
            "personal loan",
            "auto loan",
            "money market",
            "brokerage",
            "retirement",
            "certificate of deposit",
        ),
        (30, 28, 18, 6, 5, 4, 3, 3, 2, 1),
    )


@generator("finance.payment_method", "How somebody pays, by how common it is", aliases=("payment_type",), keywords=("checkout",))
def payment_method(make: Make) -> Made:
    """Mostly cards."""
    return _few(
        make,
        (
            "credit card",
            "debit card",
            "bank transfer",
            "mobile wallet",
            "cash",
            "direct debit",
            "cash on delivery",
            "gift card",
            "invoice",
            "cheque",
            "crypto-currency",
            "instalments",
        ),
        (30, 25, 10, 12, 8, 4, 3, 2, 2, 1, 1, 2),
    )


@generator("finance.payment_terms", "Terms of payment", keywords=("invoice", "due"))
def payment_terms(make: Make) -> Made:
    """As invoices write them."""
    return _few(
        make,
        (
            "due on receipt",
            "net 7",
            "net 10",
            "net 14",
            "net 15",
            "net 30",
            "net 45",
            "net 60",
            "net 90",
            "2/10 net 30",
            "1/10 net 30",
            "end of month",
            "cash in advance",
            "cash on delivery",
        ),
    )


@generator("finance.invoice_number", "An invoice's number", aliases=("invoice", "invoice_no"), keywords=("billing",))
def invoice_number(make: Make) -> Made:
    """INV- and eight digits."""
    return written(make, 10**8, "INV-", digits(make.index(10**8), 8))


@generator("finance.transaction_id", "A transaction's id", aliases=("transaction_number",), keywords=("payment",))
def transaction_id(make: Make) -> Made:
    """TXN and fourteen digits."""
    return written(make, 10**14, "TXN", digits(make.index(10**14), 14))


def _shaped(make: Make, low: int, high: int, shape: tuple[str, str, str], kind: Type) -> Made:
    if make.unique:
        return Made(add(make.index(high - low + 1), low), kind, high - low + 1, unique=True)
    name, a, b = shape
    return Made(Shaped(make.key("value"), name, low, high, a, b, make.at), kind, high - low + 1)  # type: ignore[arg-type]


@generator("finance.credit_score", "A credit score from 300 to 850", output="int", aliases=("fico",), keywords=("loan",))
def credit_score(make: Make) -> Made:
    """Normal around 705."""
    return _shaped(make, 300, 850, ("normal", "705", "85"), INT)


@generator(
    "finance.interest_rate", "A yearly interest rate in percent", output="decimal(5,2)", aliases=("apr",), keywords=("loan",)
)
def interest_rate(make: Make) -> Made:
    """0.10 to 29.99, half below 5."""
    return _shaped(make, 10, 2_999, ("lognormal", "500", "0.7"), decimal(5, 2))


@generator("finance.stock_price", "A price of a share", output="decimal(10,2)", keywords=("quote", "market"))
def stock_price(make: Make) -> Made:
    """1 to 5,000, half below 80."""
    return _shaped(make, 100, 500_000, ("lognormal", "8000", "1"), decimal(10, 2))


@generator("finance.price_in_btc", "A price in bitcoin", output="decimal(12,8)", keywords=("crypto",))
def price_in_btc(make: Make) -> Made:
    """0.00000001 to 2."""
    return _shaped(make, 1, 2 * 10**8, ("lognormal", "100000", "2"), decimal(12, 8))


@generator(
    "finance.balance", "The balance of an account", output="decimal(14,2)", aliases=("account_balance",), keywords=("amount",)
)
def balance(make: Make) -> Made:
    """-5,000 to 250,000, most of them small."""
    return _shaped(make, -500_000, 25_000_000, ("normal", "450000", "1200000"), decimal(14, 2))


@generator(
    "finance.card_holder",
    "The name on the row's payment card: its person in capitals",
    aliases=("credit_card_owner", "cardholder", "cardholder_name"),
    keywords=("credit card",),
)
def card_holder(make: Make) -> Made:
    """In letters that every terminal can print."""
    person = Person.of(make)
    return Made(Call("upper", (join(person.first("slug"), " ", person.last("slug")),)), STRING, None)


@generator("finance.tax_rate", "A rate of value added or sales tax in percent", output="decimal(4,1)", keywords=("vat",))
def tax_rate(make: Make) -> Made:
    """Rates that countries have."""
    rates = (0, 20, 50, 55, 60, 70, 80, 90, 100, 110, 120, 130, 150, 160, 170, 180, 190, 200, 210, 220, 230, 240, 250, 255, 270)
    return Made(Values(rates, make.index(len(rates))), decimal(4, 1), len(rates), unique=make.unique)
