"""The kept scripts of the fuzzer, played again."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fuzz import target

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())


def test_the_corpus_is_there() -> None:
    assert len(CORPUS) >= 10


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name[:12])
def test_a_kept_script_breaks_no_promise(path: Path) -> None:
    target.run(path.read_bytes())


def test_a_script_is_read_step_by_step() -> None:
    assert list(target.steps(b"\x05\x02ab\x00\xff\x01" + b"c" * 256 + b"\x01\x04d")) == [
        (5, b"ab"),
        (0, b"c" * 256),
        (1, b"d"),
    ]
