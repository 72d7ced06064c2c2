"""Regencies and cities of Indonesia (kabupaten and kota): the codes of the Ministry of Home Affairs, as in identity numbers.

Each line: code, name, thousands of people, postcode prefix, latitude, longitude (rounded).
"""

from __future__ import annotations

from scripts.pools.files import Fields

_PROVINCES = {
    "11": "Aceh", "12": "Sumatera Utara", "13": "Sumatera Barat", "14": "Riau", "15": "Jambi", "16": "Sumatera Selatan", "17": "Bengkulu",
    "18": "Lampung", "19": "Kepulauan Bangka Belitung", "21": "Kepulauan Riau", "31": "DKI Jakarta", "32": "Jawa Barat", "33": "Jawa Tengah",
    "34": "DI Yogyakarta", "35": "Jawa Timur", "36": "Banten", "51": "Bali", "52": "Nusa Tenggara Barat", "53": "Nusa Tenggara Timur",
    "61": "Kalimantan Barat", "62": "Kalimantan Tengah", "63": "Kalimantan Selatan", "64": "Kalimantan Timur", "65": "Kalimantan Utara",
    "71": "Sulawesi Utara", "72": "Sulawesi Tengah", "73": "Sulawesi Selatan", "74": "Sulawesi Tenggara", "75": "Gorontalo",
    "76": "Sulawesi Barat", "81": "Maluku", "82": "Maluku Utara", "91": "Papua", "92": "Papua Barat",
}  # fmt: skip
_REGENCIES = """
1171 Kota Banda Aceh 253 232 5.55 95.32
1173 Kota Lhokseumawe 189 243 5.18 97.15
1106 Kabupaten Aceh Besar 406 233 5.38 95.52
1271 Kota Medan 2435 202 3.59 98.67
1273 Kota Pematangsiantar 268 211 2.96 99.06
1276 Kota Binjai 292 207 3.60 98.49
1207 Kabupaten Deli Serdang 1931 205 3.42 98.70
1205 Kabupaten Langkat 1030 208 3.74 98.23
1371 Kota Padang 909 251 -0.95 100.35
1375 Kota Bukittinggi 121 261 -0.30 100.37
1306 Kabupaten Agam 529 264 -0.25 100.16
1471 Kota Pekanbaru 983 281 0.53 101.45
1472 Kota Dumai 316 288 1.67 101.45
1401 Kabupaten Kampar 842 284 0.15 101.20
1571 Kota Jambi 606 361 -1.61 103.61
1505 Kabupaten Muaro Jambi 402 363 -1.55 103.82
1671 Kota Palembang 1668 301 -2.99 104.76
1674 Kota Lubuklinggau 234 316 -3.30 102.86
1603 Kabupaten Muara Enim 613 313 -3.71 103.76
1771 Kota Bengkulu 373 382 -3.80 102.27
1871 Kota Bandar Lampung 1166 351 -5.43 105.26
1872 Kota Metro 169 341 -5.11 105.31
1805 Kabupaten Lampung Tengah 1460 341 -4.80 105.31
1971 Kota Pangkalpinang 218 331 -2.13 106.11
2171 Kota Batam 1196 294 1.13 104.05
2172 Kota Tanjungpinang 227 291 0.92 104.45
3171 Kota Jakarta Pusat 1056 101 -6.18 106.83
3172 Kota Jakarta Utara 1778 141 -6.14 106.86
3173 Kota Jakarta Barat 2434 114 -6.17 106.76
3174 Kota Jakarta Selatan 2226 121 -6.26 106.81
3175 Kota Jakarta Timur 3037 131 -6.23 106.90
3201 Kabupaten Bogor 5427 168 -6.48 106.84
3202 Kabupaten Sukabumi 2725 433 -6.99 106.55
3203 Kabupaten Cianjur 2477 432 -6.82 107.14
3204 Kabupaten Bandung 3623 403 -7.03 107.52
3205 Kabupaten Garut 2585 441 -7.23 107.91
3206 Kabupaten Tasikmalaya 1865 464 -7.35 108.11
3209 Kabupaten Cirebon 2270 456 -6.76 108.48
3212 Kabupaten Indramayu 1834 452 -6.33 108.32
3213 Kabupaten Subang 1595 412 -6.57 107.76
3215 Kabupaten Karawang 2439 413 -6.32 107.34
3216 Kabupaten Bekasi 3113 175 -6.36 107.17
3271 Kota Bogor 1043 161 -6.60 106.80
3272 Kota Sukabumi 346 431 -6.92 106.93
3273 Kota Bandung 2444 401 -6.91 107.61
3274 Kota Cirebon 333 451 -6.71 108.56
3275 Kota Bekasi 2543 171 -6.24 106.99
3276 Kota Depok 2056 164 -6.40 106.79
3277 Kota Cimahi 568 405 -6.87 107.54
3278 Kota Tasikmalaya 716 461 -7.33 108.22
3301 Kabupaten Cilacap 1944 532 -7.73 109.01
3302 Kabupaten Banyumas 1776 531 -7.42 109.24
3309 Kabupaten Boyolali 1062 573 -7.53 110.60
3310 Kabupaten Klaten 1260 574 -7.71 110.61
3318 Kabupaten Pati 1324 591 -6.75 111.04
3319 Kabupaten Kudus 849 593 -6.80 110.84
3320 Kabupaten Jepara 1184 594 -6.59 110.67
3327 Kabupaten Pemalang 1471 523 -6.89 109.38
3329 Kabupaten Brebes 1978 522 -6.87 109.04
3371 Kota Magelang 121 561 -7.47 110.22
3372 Kota Surakarta 522 571 -7.57 110.83
3373 Kota Salatiga 192 507 -7.33 110.51
3374 Kota Semarang 1653 501 -6.99 110.42
3375 Kota Pekalongan 307 511 -6.89 109.68
3376 Kota Tegal 273 521 -6.87 109.14
3402 Kabupaten Bantul 985 557 -7.89 110.33
3404 Kabupaten Sleman 1125 555 -7.72 110.36
3471 Kota Yogyakarta 373 551 -7.80 110.36
3507 Kabupaten Malang 2654 651 -8.13 112.57
3509 Kabupaten Jember 2536 681 -8.17 113.70
3510 Kabupaten Banyuwangi 1708 684 -8.22 114.37
3515 Kabupaten Sidoarjo 2082 612 -7.45 112.72
3516 Kabupaten Mojokerto 1119 613 -7.55 112.49
3525 Kabupaten Gresik 1311 611 -7.16 112.65
3571 Kota Kediri 286 641 -7.82 112.02
3573 Kota Malang 843 651 -7.98 112.63
3574 Kota Probolinggo 239 672 -7.75 113.22
3577 Kota Madiun 195 631 -7.63 111.52
3578 Kota Surabaya 2874 601 -7.26 112.75
3603 Kabupaten Tangerang 3245 157 -6.19 106.49
3604 Kabupaten Serang 1622 421 -6.11 106.13
3671 Kota Tangerang 1895 151 -6.18 106.63
3672 Kota Cilegon 434 424 -6.00 106.05
3673 Kota Serang 692 421 -6.12 106.15
3674 Kota Tangerang Selatan 1354 153 -6.29 106.72
5103 Kabupaten Badung 548 803 -8.58 115.18
5104 Kabupaten Gianyar 515 805 -8.54 115.33
5108 Kabupaten Buleleng 791 811 -8.11 115.09
5171 Kota Denpasar 725 801 -8.65 115.22
5201 Kabupaten Lombok Barat 721 833 -8.68 116.10
5271 Kota Mataram 429 831 -8.58 116.12
5272 Kota Bima 155 841 -8.46 118.73
5371 Kota Kupang 442 851 -10.17 123.61
5306 Kabupaten Flores Timur 276 862 -8.34 122.98
6171 Kota Pontianak 658 781 -0.03 109.33
6172 Kota Singkawang 235 791 0.91 108.98
6271 Kota Palangka Raya 293 731 -2.21 113.92
6202 Kabupaten Kotawaringin Timur 428 743 -2.54 112.95
6371 Kota Banjarmasin 657 701 -3.32 114.59
6372 Kota Banjarbaru 253 707 -3.44 114.83
6303 Kabupaten Banjar 565 706 -3.41 114.85
6471 Kota Balikpapan 688 761 -1.27 116.83
6472 Kota Samarinda 827 751 -0.50 117.15
6474 Kota Bontang 178 753 0.13 117.50
6571 Kota Tarakan 242 771 3.30 117.63
7171 Kota Manado 451 951 1.49 124.84
7172 Kota Bitung 225 955 1.44 125.18
7271 Kota Palu 373 941 -0.90 119.87
7209 Kabupaten Tojo Una-Una 163 946 -1.10 121.50
7306 Kabupaten Gowa 765 921 -5.31 119.74
7371 Kota Makassar 1423 901 -5.15 119.43
7372 Kota Parepare 151 911 -4.01 119.62
7471 Kota Kendari 345 931 -3.99 122.51
7571 Kota Gorontalo 198 961 0.54 123.06
7602 Kabupaten Mamuju 278 915 -2.68 118.89
8171 Kota Ambon 347 971 -3.70 128.18
8271 Kota Ternate 205 977 0.79 127.38
9171 Kota Jayapura 398 991 -2.53 140.72
9271 Kota Sorong 284 984 -0.88 131.26
9202 Kabupaten Manokwari 192 983 -0.86 134.06
"""


def regency_fields() -> Fields:
    """`name`, `code`, `region`, coordinates in microdegrees, postcode range, and population as weight."""
    rows = [line.split() for line in _REGENCIES.strip().splitlines()]
    posts = [int(r[-3]) * 100 for r in rows]
    return {
        "name": [" ".join(r[1:-4]) for r in rows],
        "code": [int(r[0]) for r in rows],
        "region": [_PROVINCES[r[0][:2]] for r in rows],
        "region_code": [r[0][:2] for r in rows],
        "latitude": [round(float(r[-2]) * 10**6) for r in rows],
        "longitude": [round(float(r[-1]) * 10**6) for r in rows],
        "weight": [int(r[-4]) for r in rows],
        "post_low": [p + 11 for p in posts],
        "post_high": [p + 99 for p in posts],
    }
