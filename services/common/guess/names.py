"""What columns are called, and what that makes of them: texts by the end of their name, in the light of the table's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runner.generators.lookup import UnknownGenerator, fold
from runner.generators.lookup import find as find_generator
from services.common.guess.drafts import Body

PERSONS: Final = frozenset(
    "actor admin agent applicant attendee author candidate client contact customer doctor driver employee friend guest guardian "
    "instructor lead lecturer manager member nurse operator owner participant passenger patient person physician player "
    "professor profile recipient reviewer salesperson speaker staff student subscriber teacher technician user visitor "
    "voter worker".split()
)
FIRMS: Final = frozenset(
    "account agency branch brand business carrier clinic company employer firm insurer manufacturer merchant organisation "
    "organization partner provider publisher seller shipper shop store supplier tenant vendor".split()
)
"""Tables whose `name` is that of a person, and of a firm."""
_PREMISES: Final = frozenset("building cafe facility gym hotel library office site station venue warehouse".split())
"""Tables of what has a telephone and is no person."""
_REACHED: Final = frozenset("email e_mail email_address mail mobile phone phone_number telephone".split())
"""Columns beside which a `name` is that of a person."""
_OF_PERSON: Final = frozenset(
    "age birth_date birthdate birthday date_of_birth department dob gender hire_date hired_at job_title marital_status "
    "nationality salary sex ssn wage".split()
)
"""Columns of people, two of which tell."""

NAMES: Final[Mapping[str, Body]] = MappingProxyType(
    {
        "airline": {"gen": "airline"},
        "airport": {"gen": "airport"},
        "album": {"gen": "album"},
        "aircraft": {"gen": "aircraft"},
        "artist": {"gen": "artist"},
        "band": {"gen": "artist"},
        "bank": {"gen": "bank_name"},
        "book": {"gen": "book_title"},
        "category": {"gen": "product_category"},
        "city": {"gen": "city"},
        "color": {"gen": "color"},
        "colour": {"gen": "color"},
        "condition": {"gen": "medical_condition"},
        "country": {"gen": "country"},
        "course": {"gen": "subject"},
        "currency": {"gen": "currency_name"},
        "department": {"gen": "department"},
        "disease": {"gen": "medical_condition"},
        "district": {"gen": "state"},
        "drug": {"gen": "medication"},
        "film": {"gen": "movie_title"},
        "genre": {"gen": "music.genre"},
        "hospital": {"gen": "hospital"},
        "industry": {"gen": "industry"},
        "ingredient": {"gen": "ingredient"},
        "item": {"gen": "product_name"},
        "job": {"gen": "job"},
        "language": {"gen": "person.language"},
        "medication": {"gen": "medication"},
        "movie": {"gen": "movie_title"},
        "pet": {"gen": "pet_name"},
        "position": {"gen": "job"},
        "product": {"gen": "product_name"},
        "project": {"gen": "catch_phrase"},
        "province": {"gen": "state"},
        "region": {"gen": "state"},
        "restaurant": {"gen": "restaurant"},
        "school": {"gen": "school"},
        "skill": {"gen": "skill"},
        "song": {"gen": "song"},
        "state": {"gen": "state"},
        "subject": {"gen": "subject"},
        "tag": {"gen": "word"},
        "timezone": {"gen": "timezone"},
        "track": {"gen": "song"},
        "university": {"gen": "university"},
    }
)
"""What `name` (and a film's or book's `title`) is in a table of these."""

TITLES: Final = frozenset("album book film movie song track".split())

_TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "first_name": "first name, firstname, fname, given name, givenname, forename",
        "middle_name": "middle name, middlename, middle initial",
        "last_name": "last name, lastname, lname, surname, family name",
        "full_name": "full name, fullname, display name, person name, customer name, employee name, contact name, "
        "user full name, patient name, student name, author name, manager name, owner name, "
        "recipient, recipient name, sender name, "
        "account holder",
        "person.prefix": "salutation, honorific, name prefix",
        "person.suffix": "name suffix",
        "gender": "gender, sex",
        "email": "email, e mail, mail, email address, emailaddress",
        "phone_number": "phone, telephone, tel, mobile, cell, cellphone, fax, phone number, phone no, mobile number, mobile no, "
        "telephone number, contact number, phonenumber",
        "username": "username, user name, login, login name, screen name, nickname, nick, handle, userid",
        "bcrypt_hash": "password hash, passwd hash, password digest, hashed password, encrypted password, pwd hash",
        "password": "password, passwd, pwd",
        "street_address": "address, address1, address line, address line1, address 1, address line 1, street address, street, "
        "line1, addr, addr1, alamat",
        "address.secondary": "address2, address line2, address 2, address line 2, addr2, line2, apartment, apt, suite, "
        "unit number",
        "address.address": "full address, mailing address, delivery address, home address",
        "city": "city, town, city name, municipality, locality",
        "state": "state name, province, district, region, county, state province, prefecture, administrative area",
        "postcode": "postal code, postcode, zip, zip code, zipcode, post code, postalcode, plz",
        "country": "country, country name, nation, nationality country",
        "country_code": "country code, country iso, iso country, country iso2, iso2",
        "latitude": "latitude",
        "company": "company, company name, companyname, organization, organisation, employer, firm, business name, vendor name, "
        "supplier name, manufacturer, supplier, vendor, store name, shop name, organization name, legal name, trading name",
        "job": "job title, jobtitle, job, occupation, profession, position title, contact title",
        "department": "department, dept, department name, division",
        "industry": "industry, sector",
        "url": "url, website, homepage, web site, link, uri, web page, href, permalink, callback url, webhook",
        "image_url": "image url, photo url, picture url, thumbnail url, image, photo, thumbnail, logo, logo url, "
        "cover url, icon url",
        "avatar_url": "avatar, avatar url, profile picture, profile image",
        "slug": "slug, url slug, handle slug",
        "domain": "domain, domain name, hostname domain",
        "hostname": "hostname, host, host name, server name",
        "ipv4": "ip, ip address, ipaddress, client ip, remote addr, remote address, ip addr, ipv4, last login ip",
        "ipv6": "ipv6, ipv6 address",
        "mac": "mac, mac address",
        "user_agent": "user agent, useragent",
        "http_method": "http method, request method",
        "uuid": "uuid, guid",
        "sha256": "checksum, hash, sha256, digest, etag, fingerprint",
        "md5": "md5",
        "token_hex": "token, access token, refresh token, session token, reset token, api token, session id, sessionid, "
        "session key, secret, verification token, nonce",
        "api_key": "api key, apikey",
        "headline": "title, subject, headline, caption, label, heading, name",
        "sentence": "description, desc, note, notes, remark, remarks, comment, comments, summary, details, message, "
        "reason, text, memo, excerpt, bio short, abstract, instructions, feedback, short description, question, answer",
        "paragraph": "body, content, long description, article, review text, full text, html, biography",
        "bio": "bio, about, about me",
        "product_name": "product name, product, item name, productname, item",
        "product_category": "product category, category name, category, categoryname",
        "sku": "sku, product code, item code, article number, part number, stock code, item number",
        "barcode": "barcode, ean, gtin, upc code, ean13",
        "isbn13": "isbn, isbn13",
        "color": "color, colour",
        "currency_code": "currency, currency code, ccy, iso currency",
        "payment_method": "payment method, payment type, pay method, payment mode",
        "order_status": "order status",
        "transaction_status": "payment status, transaction status",
        "iban": "iban",
        "bic": "bic, swift, swift code",
        "account_number": "account number, account no, bank account, acct no",
        "credit_card": "card number, credit card, credit card number, cc number",
        "card_brand": "card brand, card type, credit card type",
        "card_cvv": "cvv, cvc",
        "vat_id": "vat, vat number, vat id, tax id, tax number",
        "invoice_number": "invoice number, invoice no, invoice num",
        "tracking_number": "tracking number, tracking code, tracking no",
        "license_plate": "license plate, licence plate, plate number, number plate, registration plate",
        "vin": "vin",
        "car_maker": "car make, vehicle make, make",
        "car_model": "car model, vehicle model",
        "file_name": "file name, filename, attachment, original filename",
        "file_path": "file path, filepath, path, storage path",
        "mime_type": "mime type, mimetype, content type, media type",
        "file_extension": "extension, file extension",
        "locale_code": "locale, language tag",
        "language_code": "language code, lang code, lang",
        "person.language": "language, language name",
        "timezone": "timezone, time zone, tz",
        "publisher": "publisher, publisher name",
        "version": "version, app version",
        "log_level": "log level, severity",
        "airport_iata": "iata code, airport code, origin airport, destination airport",
        "flight_number": "flight number, flight no",
        "blood_type": "blood type, blood group",
        "marital_status": "marital status",
        "nationality": "nationality, citizenship",
        "unit_symbol": "unit, uom, unit of measure",
        "shirt_size": "size",
        "passport_number": "passport, passport number, passport no",
        "ssn": "ssn, social security number",
    }
)
TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {fold(phrase): generator.strip() for generator, phrases in _TEXTS.items() for phrase in phrases.split(",")}
)
"""Generators of texts by the folded end of a column's name."""

STATES: Final[Mapping[str, Mapping[str, int]]] = MappingProxyType(
    {
        "status": {"active": 80, "inactive": 15, "archived": 5},
        "state": {"active": 80, "inactive": 15, "archived": 5},
        "priority": {"low": 30, "medium": 50, "high": 20},
        "level": {"low": 30, "medium": 50, "high": 20},
        "type": {"standard": 70, "extended": 20, "special": 10},
        "kind": {"standard": 70, "extended": 20, "special": 10},
        "role": {"user": 85, "editor": 10, "admin": 5},
        "plan": {"free": 80, "pro": 15, "elite": 5},
        "source": {"web": 60, "mobile": 30, "phone": 10},
        "channel": {"web": 60, "mobile": 30, "phone": 10},
        "gender": {"F": 50, "M": 50},
        "sex": {"F": 50, "M": 50},
        "grade": {"A": 25, "B": 40, "C": 25, "D": 10},
        "mode": {"automatic": 70, "manual": 30},
    }
)
"""Small vocabularies of columns that are called so; flags are apart."""

_TRUSTED: Final = frozenset(
    "address aviation business commerce company contact education finance government health identifier internet person security "
    "vehicle device file".split()
)
_DOUBTFUL: Final = frozenset(
    "key level first last map seat gate flight balance amount name title id code number value type kind state position product "
    "procedure race band symptom prescription path port query map status sequence count day date time salary age pattern pin "
    "sequence bs digit".split()
)
_ENTITIES: Final = frozenset("person address contact business finance aviation company".split())


def about_people(table: tuple[str, ...], columns: frozenset[str]) -> bool:
    """Whether rows of a table of such a subject, with such columns, are people."""
    what = table[-1] if table else ""
    if what in PERSONS:
        return True
    if what in FIRMS or what in NAMES or what in _PREMISES:
        return False
    return bool(_REACHED & columns) or len(_OF_PERSON & columns) > 1


def by_name(name: tuple[str, ...], table: tuple[str, ...], people: bool = False) -> tuple[Body, str] | None:
    """How a text column is made that is called so in a table of such a subject, with the words of the name that told it.

    `people`: its rows are people, whatever the subject is called.
    """
    told = {"gen": "full_name"} if people and name == ("name",) else _context(name, table)
    if told:
        return told, " ".join(name)
    for start in range(len(name)):
        generator = TEXTS.get("".join(name[start:]))
        if generator is None:
            continue
        if start and generator in ("headline", "url", "file_path", "person.suffix"):
            generator = "headline" if name[-1] in ("name", "title", "label") else generator
        body: Body = {"gen": generator}
        if start and _is_entity(generator) and name[:start] != table:
            body["group"] = "_".join(name[:start])
        return body, " ".join(name[start:])
    return _catalogued(name, table)


def _context(name: tuple[str, ...], table: tuple[str, ...]) -> Body | None:
    """`name`, `title` and the table's own word (`country.country`) in the light of what the table holds."""
    what = table[-1] if table else ""
    own = name == table or name == ("name",) or (len(name) == 2 and name == (what, "name"))
    if own and what in NAMES:
        return dict(NAMES[what])
    if own and name != table and what in PERSONS:
        return {"gen": "full_name"}
    if own and name != table and what in FIRMS:
        return {"gen": "company"}
    if name == ("title",) and what in TITLES:
        return dict(NAMES[what])
    if name == ("title",) and what in PERSONS:
        return {"gen": "job"}
    return None


def _is_entity(generator: str) -> bool:
    found, _ = find_generator(generator)
    return found.name.partition(".")[0] in _ENTITIES


def _catalogued(name: tuple[str, ...], table: tuple[str, ...]) -> tuple[Body, str] | None:
    """A generator of that very name, or of the table's and the column's words together."""
    for spelled in (" ".join(name), " ".join((*table[-1:], *name))):
        if len(spelled) < 3 or spelled in _DOUBTFUL:
            continue
        try:
            found, _ = find_generator(spelled)
        except UnknownGenerator:
            continue
        if not found.slow and found.name.partition(".")[0] in _TRUSTED:
            return {"gen": spelled.replace(" ", "_")}, spelled
    return None


__all__ = ["FIRMS", "NAMES", "PERSONS", "STATES", "TEXTS", "TITLES", "about_people", "by_name"]
