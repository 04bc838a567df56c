"""Descriptions of real cameras, which are other people's: in the folder TISCAM_EMU_FOREIGN_CAMERAS, if there is one."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from tests.unit.foreign.test_foreign_clone import Table

from tiscam_emu.errors import InvalidAddress
from tiscam_emu.foreign.files import guard, source
from tiscam_emu.foreign.saving.clone import clone
from tiscam_emu.foreign.saving.folder import save

FILES = sorted(
    path for path in Path(os.environ["TISCAM_EMU_FOREIGN_CAMERAS"]).iterdir() if path.suffix.lower() in {".xml", ".zip"}
)


class Zeros(Table):
    """State: as a table; every register below the description's file reads zero."""

    def read(self, address: int, length: int) -> bytes:
        try:
            return super().read(address, length)
        except InvalidAddress:
            return bytes(length)


@pytest.mark.parametrize("file", FILES, ids=lambda p: p.name)
def test_real_description_passes_the_child_in_time(file: Path) -> None:
    description = source.read(file)
    begin = time.monotonic()
    guard.check(description)
    assert time.monotonic() - begin < 2.0


@pytest.mark.parametrize("file", FILES, ids=lambda p: p.name)
def test_camera_with_a_real_description_is_saved_in_time_and_no_word_read_twice(file: Path, tmp_path: Path) -> None:
    table = Zeros(file.read_bytes(), name=file.name)
    begin = time.monotonic()
    saved = clone(table, "there")
    assert time.monotonic() - begin < 10.0

    save(saved, tmp_path / "twin")
    assert source.read(tmp_path / "twin").xml == source.read(file).xml
    assert saved.registers > 40
    assert len(table.asked()) == len(set(table.asked()))
