"""Artifacts with ranges, and ZIP archives made while they are sent."""

from __future__ import annotations

import asyncio
import io
import random
import zipfile
from hashlib import sha256

import pytest
from aiohttp import ClientPayloadError

from services.gateway.ranges import Span, matches, span

DATA = random.Random(1).randbytes(3 * 1024 * 1024 + 7)
URL = "/api/v1/jobs/gen_1/artifacts/users.csv"


@pytest.fixture(autouse=True)
def finished(backend):
    backend.add_job("gen_1", "SUCCEEDED", "completed", users__csv=DATA, empty__csv=b"", packed__csv__gz=b"gz" * 500)
    backend.add_job("gen_2", "RUNNING", "processing")


@pytest.mark.parametrize(
    ("header", "size", "wanted"),
    [
        ("", 10, Span(0, 10, 10, False)),
        ("bytes=0-0", 10, Span(0, 1, 10, True)),
        ("bytes=2-", 10, Span(2, 10, 10, True)),
        ("bytes=-3", 10, Span(7, 10, 10, True)),
        ("bytes=-30", 10, Span(0, 10, 10, True)),
        ("bytes=5-99", 10, Span(5, 10, 10, True)),
        ("bytes=10-", 10, None),
        ("bytes=-0", 10, None),
        ("bytes=0-", 0, None),
        ("bytes=5-2", 10, Span(0, 10, 10, False)),
        ("bytes=1-2,4-5", 10, Span(0, 10, 10, False)),
        ("lines=1-2", 10, Span(0, 10, 10, False)),
        ("bytes=-", 10, Span(0, 10, 10, False)),
    ],
)
def test_ranges(header, size, wanted):
    assert span(header, size) == wanted


def test_entity_tags_match_in_lists_and_weakly():
    assert matches('"a", W/"b"', '"b"') and matches("*", '"b"') and not matches('"a"', '"b"') and not matches("", '"b"')


async def test_the_whole_file(client):
    answer = await client.get(URL)
    assert (answer.status, answer.content_type, answer.content_length) == (200, "text/csv", len(DATA))
    assert answer.headers["ETag"] == f'"{sha256(DATA).hexdigest()}"' and answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Disposition"] == "attachment; filename=\"users.csv\"; filename*=UTF-8''users.csv"
    assert await answer.read() == DATA


async def test_parts_and_tails(client):
    answer = await client.get(URL, headers={"Range": "bytes=1048570-1048590"})
    assert (answer.status, answer.headers["Content-Range"]) == (206, f"bytes 1048570-1048590/{len(DATA)}")
    assert await answer.read() == DATA[1048570:1048591]
    answer = await client.get(URL, headers={"Range": "bytes=-5"})
    assert (answer.status, await answer.read()) == (206, DATA[-5:])


async def test_a_range_outside_the_file(client):
    answer = await client.get(URL, headers={"Range": f"bytes={len(DATA)}-"})
    assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{len(DATA)}")


async def test_if_range_of_another_file_sends_all(client):
    answer = await client.get(URL, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert (answer.status, len(await answer.read())) == (200, len(DATA))


async def test_head_and_not_modified(client):
    answer = await client.head(URL, headers={"Range": "bytes=0-1"})
    assert (answer.status, answer.content_length, await answer.read()) == (200, len(DATA), b"")
    answer = await client.get(URL, headers={"If-None-Match": answer.headers["ETag"]})
    assert (answer.status, await answer.read()) == (304, b"")


async def test_an_empty_file(client):
    answer = await client.get("/api/v1/jobs/gen_1/artifacts/empty.csv")
    assert (answer.status, await answer.read()) == (200, b"")


@pytest.mark.parametrize("name", ["..%2f..%2fetc%2fpasswd", "%2e%2e", "a%00b", "absent.csv", "%2fetc%2fpasswd", "users.csv%2f"])
async def test_odd_names_are_not_found_and_not_echoed(client, name):
    answer = await client.get(f"/api/v1/jobs/gen_1/artifacts/{name}")
    assert answer.status == 404 and "passwd" not in await answer.text() and "absent" not in await answer.text()
    assert (await client.get(f"/api/downloads/gen_1/{name}")).status == 404


@pytest.mark.parametrize("url", [URL.replace("gen_1", "gen_2"), "/api/v1/jobs/gen_2/archive", "/api/download/gen_2"])
async def test_before_the_end_there_are_no_files(client, url):
    answer = await client.get(url)
    assert (answer.status, (await answer.json())["code"]) == (409, "JOB_NOT_FINISHED")


@pytest.mark.parametrize("url", ["/api/v1/jobs/gen_1/archive", "/api/download/gen_1"])
async def test_the_archive_holds_every_file(client, url):
    answer = await client.get(url)
    assert (answer.status, answer.content_type) == (200, "application/zip")
    assert 'attachment; filename="gen_1.zip"' in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(await answer.read())) as archive:
        assert archive.testzip() is None
        assert {each.filename: archive.read(each) for each in archive.infolist()} == {
            "users.csv": DATA,
            "empty.csv": b"",
            "packed.csv.gz": b"gz" * 500,
        }
        assert archive.getinfo("packed.csv.gz").compress_type == zipfile.ZIP_STORED


async def test_an_archive_whose_file_breaks_off_is_cut_off_too(client, backend):
    backend.jobs["gen_1"].artifacts.add(name="gone.csv", bytes=5)
    answer = await client.get("/api/v1/jobs/gen_1/archive")
    with pytest.raises(ClientPayloadError):
        await answer.read()


async def test_an_archive_nobody_reads_on_lets_go(client, backend):
    backend.add_job("gen_3", "SUCCEEDED", "completed", big__csv=random.Random(2).randbytes(64 * 1024 * 1024))
    answer = await client.get("/api/v1/jobs/gen_3/archive")
    await answer.content.readexactly(1024)
    answer.close()
    async with asyncio.timeout(5):
        while (await (await client.get("/metrics")).text()).count('mockcraft_http_requests_open{kind="download"} 0.0') == 0:
            await asyncio.sleep(0.05)
    assert (await client.get("/health/live")).status == 200
