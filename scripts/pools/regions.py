"""First-level regions: GeoNames' admin1 codes as the country itself writes the names, with postcodes where they follow regions.

A postcode range is `low-high`, both of the country's own length.
"""

from __future__ import annotations

_TABLES = {
    "DE": """01 Baden-Württemberg 70173-79879|02 Bayern 80331-87789|03 Bremen 28195-28779|04 Hamburg 20095-22769|05 Hessen 60306-65936
        |06 Niedersachsen 29221-31868|07 Nordrhein-Westfalen 40210-48739|08 Rheinland-Pfalz 54290-56869|09 Saarland 66111-66839
        |10 Schleswig-Holstein 23552-25999|11 Brandenburg 14467-16949|12 Mecklenburg-Vorpommern 17033-19417|13 Sachsen 01067-04889
        |14 Sachsen-Anhalt 06108-06928|15 Thüringen 99084-99998|16 Berlin 10115-14199""",
    "FR": """11 Île-de-France 75001-78990|24 Centre-Val de Loire 45000-45999|27 Bourgogne-Franche-Comté 21000-21999|28 Normandie 76000-76999
        |32 Hauts-de-France 59000-62999|44 Grand Est 67000-68999|52 Pays de la Loire 44000-44999|53 Bretagne 35000-35999
        |75 Nouvelle-Aquitaine 33000-33999|76 Occitanie 31000-31999|84 Auvergne-Rhône-Alpes 69000-69999
        |93 Provence-Alpes-Côte d'Azur 13000-13999|94 Corse 20000-20999""",
    "ES": """07 Illes Balears 07001-07870|27 La Rioja 26001-26589|29 Comunidad de Madrid 28001-28991|31 Región de Murcia 30001-30892
        |32 Comunidad Foral de Navarra 31001-31890|34 Principado de Asturias 33001-33993|39 Cantabria 39001-39880|51 Andalucía 41001-41980
        |52 Aragón 50001-50840|53 Canarias 35001-35660|54 Castilla-La Mancha 45001-45960|55 Castilla y León 47001-47882
        |56 Catalunya 08001-08980|57 Extremadura 06001-06980|58 Galicia 15001-15990|59 País Vasco 48001-48992
        |60 Comunitat Valenciana 46001-46980|CE Ceuta 51001-51005|ML Melilla 52001-52006""",
    "IT": """01 Abruzzo 65010-67100|02 Basilicata 75010-75100|03 Calabria 87010-89900|04 Campania 80010-84135|05 Emilia-Romagna 40010-48125
        |06 Friuli-Venezia Giulia 33010-34170|07 Lazio 00010-04100|08 Liguria 16010-19137|09 Lombardia 20010-27100|10 Marche 60010-63900
        |11 Molise 86010-86170|12 Piemonte 10010-15122|13 Puglia 70010-76125|14 Sardegna 07010-09170|15 Sicilia 90010-98168
        |16 Toscana 50010-59100|17 Trentino-Alto Adige 38010-39100|18 Umbria 05010-06135|19 Valle d'Aosta 11010-11100|20 Veneto 30010-37142""",
    "NL": """01 Drenthe 7700-7999|02 Friesland 8400-9299|03 Gelderland 6500-7399|04 Groningen 9600-9999|05 Limburg 5800-6499
        |06 Noord-Brabant 4600-5799|07 Noord-Holland 1000-2199|09 Utrecht 3400-3999|10 Zeeland 4300-4599|11 Zuid-Holland 2200-3399
        |15 Overijssel 7400-7699|16 Flevoland 8200-8299""",
    "PL": """72 Dolnośląskie|73 Kujawsko-pomorskie|74 Łódzkie|75 Lubelskie|76 Lubuskie|77 Małopolskie|78 Mazowieckie|79 Opolskie
        |80 Podkarpackie|81 Podlaskie|82 Pomorskie|83 Śląskie|84 Świętokrzyskie|85 Warmińsko-mazurskie|86 Wielkopolskie
        |87 Zachodniopomorskie""",
    "BR": """01 Acre AC 69900000-69999999|02 Alagoas AL 57000000-57999999|03 Amapá AP 68900000-68999999|04 Amazonas AM 69000000-69299999
        |05 Bahia BA 40000000-48999999|06 Ceará CE 60000000-63999999|07 Distrito Federal DF 70000000-72799999
        |08 Espírito Santo ES 29000000-29999999|11 Mato Grosso do Sul MS 79000000-79999999|13 Maranhão MA 65000000-65999999
        |14 Mato Grosso MT 78000000-78899999|15 Minas Gerais MG 30000000-39999999|16 Pará PA 66000000-68899999
        |17 Paraíba PB 58000000-58999999|18 Paraná PR 80000000-87999999|20 Piauí PI 64000000-64999999
        |21 Rio de Janeiro RJ 20000000-28999999|22 Rio Grande do Norte RN 59000000-59999999|23 Rio Grande do Sul RS 90000000-99999999
        |24 Rondônia RO 76800000-76999999|25 Roraima RR 69300000-69399999|26 Santa Catarina SC 88000000-89999999
        |27 São Paulo SP 01000000-19999999|28 Sergipe SE 49000000-49999999|29 Goiás GO 72800000-76799999
        |30 Pernambuco PE 50000000-56999999|31 Tocantins TO 77000000-77999999""",
    "GB": "ENG England|NIR Northern Ireland|SCT Scotland|WLS Wales",
    "JP": """01 愛知県|02 秋田県|03 青森県|04 千葉県|05 愛媛県|06 福井県|07 福岡県|08 福島県|09 岐阜県|10 群馬県|11 広島県|12 北海道|13 兵庫県
        |14 茨城県|15 石川県|16 岩手県|17 香川県|18 鹿児島県|19 神奈川県|20 高知県|21 熊本県|22 京都府|23 三重県|24 宮城県|25 宮崎県|26 長野県
        |27 長崎県|28 奈良県|29 新潟県|30 大分県|31 岡山県|32 大阪府|33 佐賀県|34 埼玉県|35 滋賀県|36 島根県|37 静岡県|38 栃木県|39 徳島県
        |40 東京都|41 鳥取県|42 富山県|43 和歌山県|44 山形県|45 山口県|46 山梨県|47 沖縄県""",
    "CN": """01 安徽省|02 浙江省|03 江西省|04 江苏省|05 吉林省|06 青海省|07 福建省|08 黑龙江省|09 河南省|10 河北省|11 湖南省|12 湖北省
        |13 新疆维吾尔自治区|14 西藏自治区|15 甘肃省|16 广西壮族自治区|18 贵州省|19 辽宁省|20 内蒙古自治区|21 宁夏回族自治区|22 北京市|23 上海市
        |24 山西省|25 山东省|26 陕西省|28 天津市|29 云南省|30 广东省|31 海南省|32 四川省|33 重庆市""",
    "IN": """01 Andaman and Nicobar Islands 744101-744304|02 Andhra Pradesh 515001-535594|03 Assam 781001-788931|05 Chandigarh 160001-160103
        |07 Delhi 110001-110097|09 Gujarat 360001-396590|10 Haryana 121001-136156|11 Himachal Pradesh 171001-177601
        |12 Jammu and Kashmir 180001-193504|13 Kerala 670001-695615|16 Maharashtra 400001-445402|17 Manipur 795001-795159
        |18 Meghalaya 793001-794115|19 Karnataka 560001-591346|20 Nagaland 797001-798627|21 Odisha 751001-770076|22 Puducherry 605001-605110
        |23 Punjab 140001-160104|24 Rajasthan 301001-345034|25 Tamil Nadu 600001-643253|26 Tripura 799001-799290|28 West Bengal 700001-743711
        |29 Sikkim 737101-737139|30 Arunachal Pradesh 790001-792131|31 Mizoram 796001-796901|33 Goa 403001-403806|34 Bihar 800001-855117
        |35 Madhya Pradesh 450001-488448|36 Uttar Pradesh 201001-285223|37 Chhattisgarh 490001-497778|38 Jharkhand 813208-835325
        |39 Uttarakhand 244712-263680|40 Telangana 500001-509412|41 Ladakh 194101-194404""",
    "AU": """01 Australian Capital Territory ACT 2600-2618|02 New South Wales NSW 2000-2599|03 Northern Territory NT 0800-0886
        |04 Queensland QLD 4000-4895|05 South Australia SA 5000-5799|06 Tasmania TAS 7000-7470|07 Victoria VIC 3000-3999
        |08 Western Australia WA 6000-6797""",
    "CA": """01 Alberta AB|02 British Columbia BC|03 Manitoba MB|04 New Brunswick NB|05 Newfoundland and Labrador NL|07 Nova Scotia NS
        |08 Ontario ON|09 Prince Edward Island PE|10 Quebec QC|11 Saskatchewan SK|12 Yukon YT|13 Northwest Territories NT|14 Nunavut NU""",
}  # fmt: skip


def regions(country: str) -> dict[str, tuple[str, str, str, str]]:
    """admin1 code -> (name, abbreviation or "", lowest postcode, highest postcode or "")."""
    found = {}
    for entry in _TABLES.get(country, "").split("|"):
        words = entry.split()
        if not words:
            continue
        code, *rest = words
        low, _, high = rest.pop().partition("-") if rest[-1][0].isdigit() else ("", "", "")
        has_short = len(rest) > 1 and rest[-1].isupper() and country in ("BR", "AU", "CA")
        found[code] = (" ".join(rest[:-1] if has_short else rest), rest[-1] if has_short else "", low, high)
    return found


NATIVE = {
    "Munich": "München", "Nuremberg": "Nürnberg", "Cologne": "Köln", "Rome": "Roma",
    "Milan": "Milano", "Naples": "Napoli", "Turin": "Torino", "Genoa": "Genova", "Florence": "Firenze", "Venice": "Venezia", "Padua": "Padova",
    "Syracuse": "Siracusa", "Mantua": "Mantova", "Warsaw": "Warszawa", "The Hague": "Den Haag", "Lisbon": "Lisboa", "Copenhagen": "København",
    "Vienna": "Wien", "Geneva": "Genève", "Brussels": "Bruxelles", "Prague": "Praha",
    "Bucharest": "București", "Jambi City": "Jambi", "Istanbul": "İstanbul", "Leghorn": "Livorno", "Pilsen": "Plzeň", "Mexico City": "Ciudad de México",
    "Antwerp": "Antwerpen", "Algiers": "Alger", "Seville": "Sevilla", "Hanover": "Hannover",
}  # fmt: skip
"""Where GeoNames' name of a city is English, what its people call it."""
