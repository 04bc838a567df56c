"""docs/protocol.md leaves nothing out: each name of the protocol has its row, and what is missing its reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tiscam_emu.errors import Status
from tiscam_emu.wire.gvcp import Command, CommandFlag
from tiscam_emu.wire.gvsp import PacketFlag, PacketFormat, PayloadType

DOCUMENT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("| ").split(" | ")] for line in DOCUMENT.splitlines() if line.startswith("| ")
]
STATES = {"done", "deviates", "not done"}
NAMES = [
    member.name for kind in (Command, CommandFlag, Status, PacketFormat, PacketFlag, PayloadType) for member in kind
]


def _sections(heading: str) -> str:
    return DOCUMENT.split(f"## {heading}")[1].split("\n## ")[0]


@pytest.mark.parametrize("name", NAMES)
def test_each_name_has_a_row_with_a_state(name: str) -> None:
    rows = [row for row in ROWS if f"`{name}`" in row[0]]
    assert rows, name
    assert {row[1] for row in rows} <= STATES


@pytest.mark.parametrize("row", [row for row in ROWS if len(row) > 2 and row[1] in {"deviates", "not done"}], ids=str)
def test_what_deviates_or_is_missing_says_how_or_why(row: list[str]) -> None:
    assert len(row[2]) > 5


def test_each_register_that_is_missing_has_its_reason() -> None:
    text = _sections("Bootstrap registers")
    missing = re.findall(r"^\| 0x\w{4} \| ([^|]+) \| \d+ \| [^|]+ \| not done \|", text, re.MULTILINE)
    reasons = " ".join(row[0] for row in ROWS if row[1] == "not done")
    assert len(missing) == 7
    for name in missing:
        assert name.removeprefix("IEEE 1588 ") in reasons, name


def test_each_bit_that_nobody_offers_has_its_reason() -> None:
    text = _sections("Capability and configuration bits")
    missing = re.findall(r"^\| 0x\w{4} \| 0x\w{8} \| (`\w+`) \| none \|", text, re.MULTILINE)
    reasons = text.split("| not offered | why |")[1]
    assert missing
    for name in missing:
        assert name in reasons, name
