"""The recipes of docs/ci.md, run as they stand there by a reader whose test is a small client of plain sockets."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

_ROOT = str(Path(__file__).parents[2])
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)

from tests.docs.blocks import ROOT, Block, blocks  # noqa: E402
from tests.docs.namespace import run_alone  # noqa: E402

DOCUMENT = "docs/ci.md"
FRAMES = 10
MY_TEST = f"""#!{sys.executable}
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests.interop.gvcp_client import *

def main(address):
    with GvcpClient(address) as client, GvspReceiver(timeout_s=5) as receiver:
        client.write_register(CCP, 2)
        client.write_memory(SCDA, bytes([127, 0, 0, 1]))
        client.write_register(SCPS, 8000)
        client.write_register(SCP, receiver.port)
        for register, value in {{registers}}:
            client.write_register(register, value)
        seen = {{{{}}}}
        while len(seen) < {FRAMES} + 2:
            packet = receiver.packet()
            seen.setdefault(packet.block_id, Block(packet.block_id)).packets[packet.packet_id] = packet
        lost = [block.block_id for block in list(seen.values())[:{FRAMES}] if not block.complete]
        client.write_register(CCP, 0)
    sys.exit(f"lost packets of frames {{{{lost}}}}" if lost else 0)

main(sys.argv[1])
"""


def _blocks(language: str) -> list[Block]:
    return [block for block in blocks(language) if block.document == DOCUMENT]


def _registers() -> list[tuple[int, int]]:
    """What starts small frames, and where that is; a real client finds it in the description."""
    from tiscam_emu.camera.core import load

    slots = load("33GP1300").layout.slots
    return [(slots[name].address, value) for name, value in (("Width", 320), ("Height", 240), ("AcquisitionStart", 1))]


@pytest.fixture
def reader(tmp_path: Path) -> Path:
    """A reader's folder: the script of the recipe, a test, and programs of CI that are not to be had here."""
    (script, *_) = _blocks("sh")
    (tmp_path / "with-camera.sh").write_text(script.code)
    _program(tmp_path / "my-test", MY_TEST.format(registers=_registers()))
    (tmp_path / "bin").mkdir()
    _program(tmp_path / "bin" / "pip", '#!/bin/sh\necho "pip $@" >>pip.log\n')
    return tmp_path


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _with_options(folder: Path, options: str) -> None:
    """Have the recipe's camera be started with further options."""
    real = Path(sys.executable).with_name("tiscam-emu")
    _program(
        folder / "bin" / "tiscam-emu", f'#!/bin/sh\n[ "$1" = --model ] && set -- "$@" {options}\nexec {real} "$@"\n'
    )


def _run(folder: Path, script: str) -> tuple[int, str]:
    done = run_alone(["sh", "-c", f'PATH="$PWD/bin:$PATH"\n{script}'], folder)
    return done.returncode, done.stdout + done.stderr


def _steps(folder: Path, lines: list[str]) -> tuple[int, str]:
    """Steps as a CI runs them: the first that fails ends the job."""
    return _run(folder, " && ".join(f"sh -ec {shlex.quote(line)}" for line in lines))


def _job(number: int) -> Any:
    return yaml.safe_load(_blocks("yaml")[number].code)


GITHUB = [step["run"] for step in _job(0)["jobs"]["camera"]["steps"] if "run" in step]
GITLAB = _job(1)["driver"]["script"]
RECIPES = {"GitHub": GITHUB, "GitLab": GITLAB}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_passes_with_a_client_that_gets_its_frames_and_leaves_nothing(reader: Path, name: str) -> None:
    code, said = _steps(reader, RECIPES[name])
    assert code == 0, said
    assert not (reader / "camera").exists()
    assert (reader / "pip.log").read_text() == "pip install tiscam-emu[recordings]\n"


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_fails_the_build_and_keeps_the_recording_when_a_frame_is_lost(reader: Path, name: str) -> None:
    _with_options(reader, "--fault drop=0.2,on=stream")
    code, said = _steps(reader, [line for line in RECIPES[name] if "doctor" not in line])
    assert code == 1, said
    assert "lost packets of frames" in said
    inspect, _ = _blocks("sh")[1].code.splitlines()
    code, said = _run(reader, inspect)
    assert code == 0
    assert "frames of 320 x 240 BayerRG8" in said
    assert (reader / "camera" / "log").exists()


def test_what_is_kept_is_where_both_recipes_take_it_from(reader: Path) -> None:
    (upload,) = [step for step in _job(0)["jobs"]["camera"]["steps"] if step.get("if") == "failure()"]
    assert upload["with"]["path"] == "camera"
    assert _job(1)["driver"]["artifacts"] == {"when": "on_failure", "paths": ["camera"]}
    _run(reader, "sh with-camera.sh false")
    assert sorted(path.name for path in (reader / "camera").iterdir()) == ["log", "ready", "session.pcapng"]


def test_the_script_gives_the_commands_own_result_and_ends_the_camera(reader: Path) -> None:
    listening = "ss -Hlun 'sport = :3956'"
    ended = f'for i in $(seq 100); do [ -z "$({listening})" ] && break; sleep 0.1; done; {listening}'
    code, said = _run(reader, f"sh with-camera.sh sh -c 'exit 7'; echo code $?; {ended}")
    assert (code, said) == (0, "code 7\n"), "no camera is left at its port"


def test_a_camera_that_cannot_start_ends_the_script_with_what_it_said(reader: Path) -> None:
    _with_options(reader, "--serial 1")
    code, said = _run(reader, "sh with-camera.sh ./my-test 127.0.0.1")
    assert code == 2
    assert "serial '1': must be 8 digits" in said


def test_a_client_that_searches_is_kept_in_a_namespace_where_broadcasts_have_a_way(reader: Path) -> None:
    searching = _blocks("sh")[2].code
    assert "unshare -rn" in searching
    _program(reader / "my-test", "#!/bin/sh\ntiscam-emu doctor\n")
    code, said = _run(reader, searching)
    assert (code, said.splitlines()[-1]) == (0, "nothing found"), said


def test_the_recording_that_was_kept_can_be_played(reader: Path) -> None:
    _run(reader, "sh with-camera.sh sh -c './my-test 127.0.0.1; exit 1'")
    _, play = _blocks("sh")[1].code.splitlines()
    code, said = _run(
        reader,
        f"{play.partition('#')[0]} >ready & camera=$!\n"
        "until grep -q ^ready ready; do kill -0 $camera || exit 3; sleep 0.1; done\n./my-test 127.0.0.1",
    )
    assert code == 0, said
