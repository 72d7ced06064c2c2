"""Names that other tools use for our generators, with the parameters that a name implies.

A name never crosses meanings: `name` is a full name, `zip` a postcode, `date` a date value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Alias(NamedTuple):
    """A name, whose it is (faker, mimesis, gofakeit, mockaroo or common), and what it means here."""

    name: str
    origin: str
    target: str
    params: Mapping[str, Any]


# origin -> "name[, name …] = target [key=value …]"
_TABLE: dict[str, str] = {
    "common": """
        id, row number, auto increment, serial = identifier.sequence
        guid, uuid4, uuidv4 = identifier.uuid
        fname, given name, forename, first, nama depan = person.first_name
        lname, surname, family name, last, nama belakang = person.last_name
        name, full name, fullname, person, nama, nama lengkap = person.full_name
        sex = person.gender
        salutation, honorific, title = person.prefix
        dob, date of birth, birthday, birthdate, tanggal lahir = person.birth_date
        mail, e-mail, email address = contact.email
        phone, telephone, phone no, tel, nomor telepon = contact.phone_number
        mobile, cell, cellphone, mobile phone, cell phone = contact.phone_number
        zip, zip code, postal code, kode pos = address.postcode
        province, region, county, provinsi = address.state
        street, alamat jalan = address.street_address
        town, kota = address.city
        lat = address.latitude
        lng, lon, long = address.longitude
        integer, number, bigint = number.int
        float number, real, double = number.float
        money, amount = number.decimal
        boolean, flag = boolean.bool
        enum, one of, weighted choice, weighted = choice.choice
        template, mask = identifier.pattern
        timestamp = datetime.datetime
        ip, ip address = internet.ipv4
        mac, mac address = internet.mac
        organisation, organization, company name = company.company
        profession, occupation, position, job title, pekerjaan = company.job
        sex letter = person.gender style=letter
        kabupaten = address.city
        nomor induk kependudukan = government.nik
        penyakit = health.medical_condition
        golongan darah = health.blood_type
        order total, cost = commerce.price
        e mail = contact.email
    """,
    "faker": """
        first_name_male = person.first_name gender=male
        first_name_female = person.first_name gender=female
        first_name_nonbinary = person.first_name
        name_male = person.full_name gender=male
        name_female = person.full_name gender=female
        safe_email, ascii_safe_email = contact.email safe=true
        free_email, ascii_free_email = contact.email safe=false
        ascii_email, company_email = contact.email
        user_name = person.username
        passport_dob = person.birth_date
        postalcode, zipcode = address.postcode
        state_abbr = address.state style=code
        administrative_unit = address.state
        city_name = address.city
        building_address = address.street_address
        country_calling_code = address.calling_code
        current_country = address.country scope=locale
        current_country_code = address.country_code scope=locale
        date_time, date_time_this_decade, date_time_between, iso8601 = datetime.datetime
        date_object, date_between = datetime.date
        past_datetime = datetime.datetime end=as_of
        past_date = datetime.date end=as_of
        future_datetime = datetime.datetime start=as_of end=+1y
        future_date = datetime.date start=as_of end=+1y
        time_object = datetime.time
        pyint, random_int, random_number = number.int
        random_digit = number.int min=0 max=9
        pydecimal = number.decimal
        pyfloat = number.float
        pybool = boolean.bool
        bothify, numerify, lexify = identifier.pattern
        random_letter, random_uppercase_letter = identifier.pattern template=?
        random_lowercase_letter = identifier.pattern template=^
        random_element = choice.choice
        sentences = text.sentence
        paragraphs = text.paragraph
        texts = text.text
        ipv4_private = internet.ipv4 scope=private
        ipv4_public = internet.ipv4 scope=public
        domain_name, hostname, safe_domain_name = internet.domain
        uri = internet.url
        port_number = internet.port
        http_status_code = internet.http_status
        credit_card_number = finance.credit_card
        credit_card_provider = finance.card_brand
        credit_card_expire = finance.card_expiry
        credit_card_security_code = finance.card_cvv
        swift, swift8, swift11 = finance.bic
    """,
    "mimesis": """
        telephone = contact.phone_number
        patronymic = person.middle_name
        identifier = identifier.pattern
        increment = identifier.sequence
        isd_code = address.calling_code
        street_number = address.building_number
        prefecture, federal_subject = address.state
        default_country = address.country scope=locale
        iata_code = aviation.airport_iata
        icao_code = aviation.airport_icao
        integer_number, integers = number.int
        decimal_number, decimals = number.decimal
        floats = number.float
        formatted_date = datetime.date
        formatted_datetime = datetime.datetime
        formatted_time = datetime.time
        currency_iso_code = finance.currency_code
        credit_card_network = finance.card_brand
        credit_card_expiration_date = finance.card_expiry
        cid = finance.card_cvv
        ip_v4_object = internet.ipv4
        ip_v6_object = internet.ipv6
    """,
    "gofakeit": """
        name prefix = person.prefix
        phone formatted = contact.phone_number
        country abr = address.country_code
        state abr = address.state style=code
        latitude range = address.latitude
        longitude range = address.longitude
        airline aircraft type, airline airplane = aviation.aircraft
        airline airport = aviation.airport
        airline airport iata = aviation.airport_iata
        airline flight number = aviation.flight_number
        airline record locator = aviation.pnr
        airline seat = aviation.seat
        credit card cvv = finance.card_cvv
        credit card exp = finance.card_expiry
        currency long = finance.currency_name
        currency short = finance.currency_code
        date range, time range = datetime.datetime
        int range, int n, random int, uint range, uint n, random uint = number.int
        int8 = number.int min=-128 max=127
        int16 = number.int min=-32768 max=32767
        int32 = number.int min=-2147483648 max=2147483647
        uint8 = number.int min=0 max=255
        uint16 = number.int min=0 max=65535
        uint32, uint = number.int min=0 max=4294967295
        float32, float64, float32 range, float64 range = number.float
        digit = identifier.pattern template=#
        letter = identifier.pattern template=?
        ipv4 address = internet.ipv4
        ipv6 address = internet.ipv6
        url slug = internet.slug
        http status code simple = internet.http_status
        phrase = text.words
        comment = text.sentence
        lorem ipsum word = text.word
        lorem ipsum sentence = text.sentence
        lorem ipsum paragraph = text.paragraph
    """,
    "mockaroo": """
        row number = identifier.sequence
        credit card type = finance.card_brand
        department corporate = company.department
        department retail = commerce.product_category
        state abbrev = address.state style=code
        ip address v4 = internet.ipv4
        ip address v6 = internet.ipv6
        normal distribution = number.decimal dist=normal
        exponential distribution = number.decimal dist=exponential
        airport name = aviation.airport
        flight airline name = aviation.airline
        flight airline code = aviation.airline_iata
        flight arrival airport = aviation.airport role=destination
        flight departure airport = aviation.airport role=origin
        flight arrival airport code = aviation.airport_iata role=destination
        flight departure airport code = aviation.airport_iata role=origin
        icd10 diagnosis code = health.icd10_code
        drug name generic = health.medication
    """,
}


def _parse(origin: str, text: str) -> Iterator[Alias]:
    for line in text.strip().splitlines():
        names, _, meaning = line.partition(" = ")
        target, *bound = meaning.split()
        params = dict(pair.split("=", 1) for pair in bound)
        for name in names.split(","):
            yield Alias(name.strip(), origin, target, params)


ALIASES: tuple[Alias, ...] = tuple(alias for origin, text in _TABLE.items() for alias in _parse(origin, text))
