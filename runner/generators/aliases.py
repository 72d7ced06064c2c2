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
    """,
    "faker": """
        first_name_male = person.first_name gender=male
        first_name_female = person.first_name gender=female
        safe_email = contact.email safe=true
        free_email = contact.email safe=false
        ascii_safe_email = contact.email safe=true
        user_name = person.username
        date_time, date_time_this_decade = datetime.datetime
        date_object, date_between = datetime.date
        time_object = datetime.time
        pyint, random_int, random_number = number.int
        pydecimal = number.decimal
        pyfloat = number.float
        pybool = boolean.bool
        bothify, numerify, lexify = identifier.pattern
        random_element = choice.choice
        building_address = address.street_address
        administrative_unit = address.state
        ipv4_private = internet.ipv4 scope=private
        ipv4_public = internet.ipv4 scope=public
        mac_address = internet.mac
        domain_name = internet.domain
        uri = internet.url
        credit_card_number = finance.credit_card
        swift, swift8 = finance.bic
    """,
    "mimesis": """
        telephone = contact.phone_number
        occupation = company.job
        hash uuid = identifier.uuid
    """,
    "gofakeit": """
        phone formatted = contact.phone_number
        loremipsumsentence = text.sentence
    """,
    "mockaroo": """
        row_number = identifier.sequence
        ip address v4 = internet.ipv4
        ip address v6 = internet.ipv6
        latitude = address.latitude
        longitude = address.longitude
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
