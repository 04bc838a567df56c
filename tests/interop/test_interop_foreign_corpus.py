"""Cameras by descriptions of others, through Aravis: those in the folder that ``TISCAM_EMU_FOREIGN_CAMERAS`` names.

The files are other people's, so none is here; without the variable these tests are not collected (see ``conftest.py``).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.interop.emulator import aravis, emulator

_FRAMES = 10
_FOLDER = Path(os.environ.get("TISCAM_EMU_FOREIGN_CAMERAS") or "/nonexistent")
_FILES = sorted(path for path in _FOLDER.glob("*") if path.suffix.lower() in {".xml", ".zip"})


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("genicam", "aravis")


@pytest.mark.parametrize("file", _FILES, ids=lambda path: path.name)
def test_a_camera_of_which_only_the_description_is_known_is_read_set_and_streams_every_format(file: Path) -> None:
    with emulator("--model", str(file), "--address", "127.0.0.1") as running:
        told = aravis("aravis_foreign", camera=running.ready[0].address, frames=_FRAMES)

    assert told["unread"] == {}
    for name, frames in told.get("formats", {}).items():
        assert (name, frames["whole"]) == (name, _FRAMES)
        assert (name, frames["bytes"]) == (name, frames["payload"])
    if "smaller" in told:
        assert told["smaller"]["region"] == told["wanted"]
        assert told["smaller"]["bytes"] == told["smaller"]["payload"]
    if "means" in told:
        short, long = told["means"]
        assert long > short
