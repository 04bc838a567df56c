"""Which engine is used, and that the wrong wish is told in one line."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from types import ModuleType, SimpleNamespace
from typing import cast

import pytest

from tiscam_emu import __version__, native
from tiscam_emu.live import table
from tiscam_emu.net.process import CameraProcess
from tiscam_emu.net.status import CameraStatus


def no_core(name: str) -> ModuleType:
    raise ImportError(f"No module named {name!r}")


def command_line(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", "from tiscam_emu.cli import main; main()", *arguments]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, env=os.environ | environment)


def test_without_a_core_numpy_does_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib, "import_module", no_core)
    monkeypatch.delenv(native.SWITCH, raising=False)
    assert native._load() is None


def test_a_core_that_is_required_has_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib, "import_module", no_core)
    monkeypatch.setenv(native.SWITCH, "require")
    with pytest.raises(ImportError, match=r"^TISCAM_EMU_NATIVE=require, but there is no compiled core: No module"):
        native._load()


def test_off_does_not_even_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib, "import_module", lambda _name: pytest.fail("looked for the core"))
    monkeypatch.setenv(native.SWITCH, "off")
    assert native._load() is None


def test_the_version_names_the_engine() -> None:
    engine = "native core" if native.core is not None else "numpy"
    assert command_line("--version").stdout == f"tiscam-emu {__version__} ({engine})\n"
    assert command_line("--version", TISCAM_EMU_NATIVE="off").stdout == f"tiscam-emu {__version__} (numpy)\n"


@pytest.mark.parametrize("arguments", [("--version",), ("--model", "33GP1300")])
def test_a_switch_of_another_value_is_one_clear_line(arguments: tuple[str, ...]) -> None:
    result = command_line(*arguments, TISCAM_EMU_NATIVE="on")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "tiscam-emu: TISCAM_EMU_NATIVE='on': use off or require, or leave it unset\n"


def test_the_live_table_and_the_status_name_the_engine() -> None:
    status = CameraStatus(engine="native")
    camera = cast("CameraProcess", SimpleNamespace(model="DFK 33GP1300", serial="33130001", address="127.0.0.1"))
    shown = table([camera], [status], [status])
    assert [(column.header, list(column.cells)) for column in shown.columns][-1] == ("engine", ["native"])
    assert CameraStatus.from_json(status.to_json()).engine == "native"
