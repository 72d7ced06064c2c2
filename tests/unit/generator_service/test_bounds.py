"""What asks for too much is refused, and slow work keeps nobody else waiting."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time

import pytest

from services.common.errors import MockcraftError
from services.common.schemas import SchemaRequest
from services.common.threads import Threads
from services.generator import service as module
from services.generator.service import GeneratorService


@pytest.mark.parametrize(
    ("name", "count", "params", "code"),
    [
        ("faker.binary", 1, {"length": "300000000"}, "PARAMETER_INVALID"),
        ("faker.zip", 1, {"uncompressed_size": 10**9}, "PARAMETER_INVALID"),
        ("faker.image", 1, {"size": [20_000, 20_000]}, "PARAMETER_INVALID"),
        ("faker.paragraphs", 1, {"nb": 1e300}, "PARAMETER_INVALID"),
        ("faker.texts", 1, {"nb_texts": 9_000, "max_nb_chars": 9_000}, "PARAMETER_INVALID"),
        ("faker.sentence", 1, {"ext_word_list": ["word"] * 50_000}, "PARAMETER_INVALID"),
        ("faker.word", 10_001, {}, "COUNT_INVALID"),
        ("pattern", 100_000, {"template": "#" * 1000}, "ANSWER_TOO_LARGE"),
        ("pattern", 1, {"template": "#" * 1001}, "PARAMETER_INVALID"),
    ],
)
async def test_too_much_is_refused(
    service: GeneratorService, name: str, count: int, params: dict[str, object], code: str
) -> None:
    with pytest.raises(MockcraftError) as raised:
        await service.generate_values(name, count, 1, "", params)
    assert raised.value.code == code


async def test_values_may_be_large_numbers_where_the_work_is_small(service: GeneratorService) -> None:
    _, values = await service.generate_values("faker.random_int", 3, 1, "", {"min": 5_000_000, "max": 9_000_000})
    assert all(5_000_000 <= int(value) <= 9_000_000 for value in values)


async def test_values_made_in_steps_are_the_values_made_at_once(service: GeneratorService) -> None:
    _, many = await service.generate_values("email", 3_000, 4, "", {})
    assert (await service.generate_values("email", 5, 4, "", {}))[1] == many[:5]


async def test_a_preview_is_bounded_by_bytes(service: GeneratorService) -> None:
    columns = "".join(f"      c{i}: {{gen: pattern, template: '{'?' * 1000}'}}\n" for i in range(40))
    schema = SchemaRequest(f"tables:\n  t:\n    rows: 10000\n    columns:\n{columns}")
    with pytest.raises(MockcraftError) as raised:
        await service.preview(schema, "", 0, 10_000)
    assert raised.value.code == "ANSWER_TOO_LARGE"
    page = (await service.preview(schema, "", 0, 20)).page
    assert page is not None and len(page.rows) == 20


async def test_slow_work_meets_a_deadline_and_holds_up_nobody(service: GeneratorService, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(module, "DEADLINE_SECONDS", 0.3)
    monkeypatch.setattr(module.catalogue, "values", lambda *_: release.wait(20))
    try:
        stuck = [asyncio.create_task(service.generate_values("faker.word", 1, 1, "", {})) for _ in range(6)]
        await asyncio.sleep(0.05)
        began = time.perf_counter()
        assert (await service.get_generator("uuid")).generator.name == "identifier.uuid"
        assert (await service.validate(SchemaRequest("tables: {t: {rows: 1, columns: {id: sequence}}}")))[0]
        codes = [
            error.code for error in await asyncio.gather(*stuck, return_exceptions=True) if isinstance(error, MockcraftError)
        ]
        assert codes == ["DEADLINE"] * 6
        assert time.perf_counter() - began < 5
    finally:
        release.set()


async def test_errors_and_answers_come_back_from_threads() -> None:
    threads = Threads(1, "test")
    assert await threads.run(lambda: 5) == 5
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0)
    threads.close()
    with pytest.raises(MockcraftError):
        await threads.run(lambda: 5)


def test_a_process_ends_while_a_thread_computes() -> None:
    program = (
        "import asyncio, time\nfrom services.common.threads import Threads\n"
        "async def main():\n    threads = Threads(1, 't')\n    try:\n        await threads.run(lambda: time.sleep(60), 0.2)\n"
        "    except Exception as error:\n        print(error.code)\n    threads.close()\nasyncio.run(main())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout.strip() == "DEADLINE"
