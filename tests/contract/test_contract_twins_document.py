"""docs/foreign-cameras.md lists what twins pass: what is run, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

from tests.interop.twins import PASSED, ids_of_passed

_DOCUMENT = Path(__file__).parents[2] / "docs" / "foreign-cameras.md"


def test_document_lists_the_tests_that_twins_are_put_to() -> None:
    section = _DOCUMENT.read_text().split("## What a twin passes")[1].split("\n## ")[0]
    rows = [row.split(" | ") for row in section.splitlines() if row.startswith("| ")][2:]

    assert {what.removeprefix("| "): tuple(re.findall(r"`([^`]+)`", names)) for what, names in rows} == PASSED


def test_tests_that_twins_are_put_to_are_there() -> None:
    for identity in ids_of_passed():
        path, function = identity.split("::")
        assert f"\ndef {function}(" in Path(path).read_text(), identity
