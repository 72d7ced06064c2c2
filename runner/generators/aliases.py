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
        jenis kelamin = person.gender
        alamat, alamat lengkap = address.address
        negara = address.country
        umur, usia = person.age
        nama pengguna = person.username
        surel = contact.email
        nomor hp, no hp, nomor ponsel = contact.phone_number
        perusahaan, nama perusahaan = company.company
        lat = address.latitude
        lng, lon, long = address.longitude
        integer, number, bigint = number.int
        float number, real, double = number.float
        amount = number.decimal
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
        special_ip_v4, special_ip_v4_object = internet.ipv4 scope=private
        uuid_object = identifier.uuid
        gender_code = person.gender style=letter
        gender_symbol = person.gender style=symbol
        alphabet = text.letter
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
        letter n = identifier.pattern template=????????
        digit n = identifier.pattern template=########
        ipv4 address = internet.ipv4
        ipv6 address = internet.ipv6
        url slug = internet.slug
        http status code simple = internet.http_status
        adjective demonstrative = word.adjective kind=demonstrative
        adjective descriptive = word.adjective kind=descriptive
        adjective indefinite = word.adjective kind=indefinite
        adjective interrogative = word.adjective kind=interrogative
        adjective possessive = word.adjective kind=possessive
        adjective proper = word.adjective kind=proper
        adjective quantitative = word.adjective kind=quantitative
        adverb degree = word.adverb kind=degree
        adverb frequency definite = word.adverb kind=frequency_definite
        adverb frequency indefinite = word.adverb kind=frequency_indefinite
        adverb manner = word.adverb kind=manner
        adverb place = word.adverb kind=place
        adverb time definite = word.adverb kind=time_definite
        adverb time indefinite = word.adverb kind=time_indefinite
        connective casual = word.connective kind=casual
        connective comparative = word.connective kind=comparative
        connective complaint = word.connective kind=complaint
        connective examplify = word.connective kind=examplify
        connective listing = word.connective kind=listing
        connective time = word.connective kind=time
        noun abstract = word.noun kind=abstract
        noun collective animal = word.noun kind=collective_animal
        noun collective people = word.noun kind=collective_people
        noun collective thing = word.noun kind=collective_thing
        noun common = word.noun kind=common
        noun concrete = word.noun kind=concrete
        noun countable = word.noun kind=countable
        noun determiner = word.noun kind=determiner
        noun proper = word.noun kind=proper
        noun uncountable = word.noun kind=uncountable
        preposition compound = word.preposition kind=compound
        preposition double = word.preposition kind=double
        preposition simple = word.preposition kind=simple
        pronoun demonstrative = word.pronoun kind=demonstrative
        pronoun indefinite = word.pronoun kind=indefinite
        pronoun interrogative = word.pronoun kind=interrogative
        pronoun object = word.pronoun kind=object
        pronoun personal = word.pronoun kind=personal
        pronoun possessive = word.pronoun kind=possessive
        pronoun reflective = word.pronoun kind=reflective
        pronoun relative = word.pronoun kind=relative
        verb action = word.verb kind=action
        verb helping = word.verb kind=helping
        verb intransitive = word.verb kind=intransitive
        verb linking = word.verb kind=linking
        verb transitive = word.verb kind=transitive
        emoji animal = text.emoji kind=animal
        emoji clothing = text.emoji kind=clothing
        emoji costume = text.emoji kind=costume
        emoji electronics = text.emoji kind=electronics
        emoji face = text.emoji kind=face
        emoji flag = text.emoji kind=flag
        emoji food = text.emoji kind=food
        emoji game = text.emoji kind=game
        emoji gesture = text.emoji kind=gesture
        emoji hand = text.emoji kind=hand
        emoji job = text.emoji kind=job
        emoji landmark = text.emoji kind=landmark
        emoji music = text.emoji kind=music
        emoji person = text.emoji kind=person
        emoji plant = text.emoji kind=plant
        emoji sport = text.emoji kind=sport
        emoji tools = text.emoji kind=tools
        emoji vehicle = text.emoji kind=vehicle
        emoji weather = text.emoji kind=weather
        error runtime = technology.error kind=runtime
        error database = technology.error kind=database
        error grpc = technology.error kind=grpc
        error http client = technology.error kind=http_client
        error http server = technology.error kind=http_server
        error validation = technology.error kind=validation
        error object = technology.error kind=object
        error http = technology.error kind=http_client
        api user agent = internet.browser_agent browser=api
        chrome user agent = internet.browser_agent browser=chrome
        firefox user agent = internet.browser_agent browser=firefox
        opera user agent = internet.browser_agent browser=opera
        safari user agent = internet.browser_agent browser=safari
        minecraft animal = animal.farm_animal
        minecraft armorpart = game.armor
        minecraft armortier = game.metal
        minecraft biome = game.landscape
        minecraft dye = game.dye
        minecraft food = food.dish
        minecraft mobboss = game.monster
        minecraft mobhostile = game.monster
        minecraft mobneutral = game.creature
        minecraft mobpassive = animal.farm_animal
        minecraft ore = game.ore
        minecraft tool = game.tool
        minecraft villagerjob = game.craft
        minecraft villagerlevel = game.skill_level
        minecraft villagerstation = game.workplace
        minecraft weapon = game.weapon
        minecraft weather = game.weather
        minecraft wood = game.wood
        app author = person.full_name
        beer blg = food.beer_gravity
        blurb = company.bs
        book = book.book_title
        book genre = book.book_style
        regex = text.regex
        movie, movie name = movie.movie_title
        song artist = music.music_composer
        day = datetime.day_of_month
        friend name = person.first_name
        map, rand map = document.json
        net ip = internet.ipv4
        int64 = number.int min=-4611686018427387904 max=4611686018427387904
        uint64 = number.int min=0 max=4611686018427387904
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
        poisson distribution = number.int dist=poisson
        binomial distribution = number.int dist=binomial
        geometric distribution = number.int dist=geometric
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
