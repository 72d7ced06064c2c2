"""The line protocol of a child process."""

import json
import os
import subprocess
import sys
import time

from runner.protocol import EVENT_TYPES, EventWriter, Throttle, timestamp

CHILD = """
import os, sys
from runner.protocol import Commands, EventWriter
events = EventWriter("gen_x", 3)
print("a stray print")
os.write(1, b"a stray write\\n")
events.emit("log", {"level": "info", "stream": "runner", "text": "x" * 20_000})
commands = Commands(supervised=True).start()
commands.changed.wait(10)
events.emit("shutdown", {"reason": commands.reason, "resumable": True, "checkpoint": None})
"""


def test_stray_output_does_not_reach_the_protocol() -> None:
    child = subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdin is not None and child.stdout is not None and child.stderr is not None
    child.stdin.write(b'garbage\n[1]\n{"command": "dance"}\n{"command": "pause"}\n')
    child.stdin.flush()
    lines = child.stdout.read().decode().splitlines()
    assert child.wait(10) == 0
    child.stdin.close()
    events = [json.loads(line) for line in lines]
    assert [e["type"] for e in events] == ["log", "shutdown"]
    assert all(e["jobId"] == "gen_x" and e["attempt"] == 3 and e["v"] == 1 for e in events)
    assert events[0]["data"] == {"level": "info", "stream": "runner", "text": "x" * 8192, "truncated": True}
    assert events[1]["data"]["reason"] == "pause"
    assert b"a stray print\n" in child.stderr.read()
    child.stdout.close()
    child.stderr.close()


def test_events_are_one_line_each_with_a_timestamp() -> None:
    read, write = os.pipe()
    writer = EventWriter("gen_y", 1, fd=write)
    for type_ in EVENT_TYPES:
        writer.emit(type_, {"text": "two\nlines"})
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        events = [json.loads(line) for line in pipe]
    assert [e["type"] for e in events] == list(EVENT_TYPES)
    assert all(len(e["timestamp"]) == len("2026-01-29T00:00:00.000Z") and e["timestamp"].endswith("Z") for e in events)
    assert timestamp() >= events[0]["timestamp"]


def test_a_throttle_lets_the_first_through_and_then_so_many_a_second() -> None:
    throttle, passed, end = Throttle(per_second=20), 0, time.monotonic() + 0.5
    assert throttle.ready()
    while time.monotonic() < end:
        passed += throttle.ready()
        time.sleep(0.001)
    assert 5 <= passed <= 10
