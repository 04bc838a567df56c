"""The kept captures of the fuzzer, read again; and each of them damaged in ways that follow from a seed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.fuzz import capture_target

CAPTURES = sorted((Path(__file__).parent / "captures").iterdir())
_DAMAGED = 40
_HOSTILE = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xfc\xff\xff\x7f", b"\0\0\0\x80")


def test_the_captures_are_there() -> None:
    assert len(CAPTURES) >= 10


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_a_kept_capture_breaks_no_promise(path: Path) -> None:
    capture_target.run(path.read_bytes())


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_damage_breaks_no_promise(path: Path) -> None:
    rng, whole = random.Random(path.name), path.read_bytes()
    for _ in range(_DAMAGED):
        data = bytearray(whole[: rng.randrange(len(whole) + 1)] if rng.random() < 0.3 else whole)
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(data) + 1)
            data[at : at + 4] = rng.choice(_HOSTILE) if rng.random() < 0.5 else rng.randbytes(rng.randrange(5))
        capture_target.run(bytes(data))
