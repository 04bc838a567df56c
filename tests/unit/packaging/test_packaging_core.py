"""The core is compiled if that can be done, and the wheel's name says what is in it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from tiscam_emu.native import compile as compiling

ROOT = Path(__file__).parents[3]
NO_COMPILER = "/nowhere/cc"

needs_compiler = pytest.mark.skipif(
    shutil.which("gcc") is None or subprocess.run(
        ["gcc", "-E", "-", "-I", sysconfig.get_path("include")],
        input=b"#include <Python.h>", capture_output=True, check=False,
    ).returncode != 0,
    reason="gcc, libc6-dev and Python's headers are needed",
)  # fmt: skip


def wheel(folder: Path) -> tuple[str, dict[str, bytes]]:
    """Build a wheel: the tag in its name, and what is in it."""
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(built) as archive:
        return Path(built).stem.split("-", 2)[2], {name: archive.read(name) for name in archive.namelist()}


def natives(files: dict[str, bytes]) -> list[str]:
    return [name for name in files if name.endswith(".so")]


def metadata(files: dict[str, bytes]) -> list[str]:
    (text,) = (content.decode() for name, content in files.items() if name.endswith("/WHEEL"))
    return text.splitlines()


@needs_compiler
@pytest.mark.skipif(sys.platform != "linux", reason="the tag of this platform is known here")
def test_with_a_compiler_the_wheel_is_for_this_platform_and_every_python_from_3_11_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TISCAM_EMU_NATIVE", "require")
    tag, files = wheel(tmp_path)
    assert tag.startswith("cp311-abi3-linux_")
    assert natives(files) == [f"tiscam_emu/native/{compiling.NAME}"]
    assert files[f"tiscam_emu/native/{compiling.NAME}"].startswith(b"\x7fELF")
    assert {"Root-Is-Purelib: false", f"Tag: {tag}"} <= set(metadata(files))


@pytest.mark.parametrize(("switch", "compiler"), [("off", "gcc"), ("", NO_COMPILER)])
def test_without_a_core_the_wheel_is_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], switch: str, compiler: str
) -> None:
    monkeypatch.setenv("TISCAM_EMU_NATIVE", switch)
    monkeypatch.setenv("CC", compiler)
    tag, files = wheel(tmp_path)
    assert tag == "py3-none-any"
    assert natives(files) == []
    assert "tiscam_emu/native/draw.c" in files
    assert "Root-Is-Purelib: true" in metadata(files)
    said = "without the compiled core, numpy does its work: /nowhere/cc: No such file or directory"
    assert (said in "".join(capfd.readouterr())) == (switch != "off")


@pytest.mark.parametrize(
    ("switch", "message"),
    [
        ("require", "TISCAM_EMU_NATIVE=require, but the core could not be compiled: /nowhere/cc: No such file or dir"),
        ("on", "TISCAM_EMU_NATIVE='on': use off or require, or leave it unset"),
    ],
)
def test_a_wheel_that_cannot_be_as_wished_is_not_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, switch: str, message: str
) -> None:
    monkeypatch.setenv("TISCAM_EMU_NATIVE", switch)
    monkeypatch.setenv("CC", NO_COMPILER)
    with pytest.raises(SystemExit, match=f"^{message}"):
        wheel(tmp_path)
    assert list(tmp_path.glob("*.whl")) == []


def test_without_a_compiler_one_line_says_so_and_nothing_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CC", NO_COMPILER)
    (tmp_path / compiling.NAME).write_bytes(b"the old one")
    assert compiling.main(["--to", str(tmp_path)]) == 1
    assert capfd.readouterr() == (
        "", "the core could not be compiled: /nowhere/cc: No such file or directory\n"
    )  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == [compiling.NAME]


@needs_compiler
def test_what_the_compiler_objects_to_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    (tmp_path / "wrong.c").write_text("int f(void) { int unused; return 0; }\n")
    monkeypatch.setattr(compiling, "HERE", tmp_path)
    assert compiling.main(["--to", str(tmp_path)]) == 1
    *_, last = capfd.readouterr().err.splitlines()
    assert last.startswith("the core could not be compiled: gcc: ")
    assert last.endswith("error: unused variable 'unused' [-Werror=unused-variable]")
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.c"]
