"""Recordings graded: of a client that does one thing wrong `inspect` says so, and of one that does not it does not."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.interop.emulator import PATIENCE_S, refused, wait_until
from tests.interop.gvcp_client import CCP, GvcpClient

import tiscam_emu
from tiscam_emu.score.inspection import inspect

CLIENT = [sys.executable, str(Path(__file__).parent / "clients" / "mini_client.py")]
AT_ONCE = 4
HEARTBEAT_S = 3.2
LOSES_ANSWERS = "drop=0.04,on=control"
WRONG = {
    "description": ("second_url_only", ()),
    "reading": ("never_repeats", (LOSES_ANSWERS,)),
    "control": ("keeps_control", ()),
    "heartbeat": ("seldom_speaks", ()),
    "writes": ("writes_without_control", ()),
    "repeating": ("new_id_for_each_try", ("late_ack_ms=250",)),
    "patience": ("no_patience", ("late_ack_ms=700",)),
    "busy": ("gives_up_when_busy", ("busy=0.2",)),
    "packet-size": ("large_packets", ()),
    "losses": ("never_asks_again", ("drop=0.02,on=stream",)),
    "requests": ("asks_at_once", ("reorder=0.02,on=stream",)),
}
"""By rule: what a client does wrong that breaks it, and the faults it meets."""
JUDGED_WITHOUT_FAULTS = {"description", "reading", "control", "heartbeat", "writes", "packet-size"}
Grades = dict[str, tuple[str, str]]


def _record(path: Path, address: str, flaw: str, faults: tuple[str, ...]) -> Path:
    """Let the client act on a camera, and have it recorded until control would be lost by silence."""
    with tiscam_emu.serve(
        "33GP1300", address=address, faults=faults, record=path, scene="flat", max_packet_size=8000
    ) as camera:
        camera["AcquisitionFrameRate"] = 20.0
        takes_long = flaw == "seldom_speaks" or LOSES_ANSWERS in faults
        command = [*CLIENT, address, "--seconds", "3.5" if takes_long else "2"]
        subprocess.run(
            [*command, *(["--flaw", flaw] if flaw else [])], stderr=subprocess.DEVNULL, check=False, timeout=PATIENCE_S
        )
        camera.faults()
        if flaw == "keeps_control":
            time.sleep(HEARTBEAT_S)
        with GvcpClient(address) as other:
            other.read_register(CCP)
    return path


def _grades(path: Path, address: str) -> Grades:
    wait_until(lambda: path.exists() and _client(path, address) is not None, "the recording is written")
    return _client(path, address) or {}


def _client(path: Path, address: str) -> Grades | None:
    """Grades of the first client, once the last one's command is in the file."""
    graded = [rules for (camera, _), rules in inspect(path).graded.items() if camera == address]
    if len(graded) < 2:
        return None
    return {rule.name: (verdict.grade.value, verdict.seen) for rule, verdict in graded[0]}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, tuple[str, ...]], Grades]]:
    """Grades of a client with a flaw; all are recorded several at a time, for they mostly wait."""
    folder = tmp_path_factory.mktemp("recordings")
    wanted = dict.fromkeys([*WRONG.values(), *(("", faults) for _, faults in WRONG.values())])
    running: dict[tuple[str, tuple[str, ...]], tuple[Path, str, Future[Path]]] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number, (flaw, faults) in enumerate(wanted):
            path, address = folder / f"{number}.pcapng", f"127.0.8.{number + 1}"
            running[flaw, faults] = path, address, pool.submit(_record, path, address, flaw, faults)

        def grades(flaw: str, faults: tuple[str, ...]) -> Grades:
            path, address, recorded = running[flaw, faults]
            recorded.result()
            return _grades(path, address)

        yield grades
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("rule", WRONG)
def test_a_client_that_breaks_a_rule_is_told_so(rule: str, graded: Callable[[str, tuple[str, ...]], Grades]) -> None:
    grade, seen = graded(*WRONG[rule])[rule]
    assert grade == "bad", seen


@pytest.mark.parametrize("rule", WRONG)
def test_a_good_client_meets_the_same_without_a_word(
    rule: str, graded: Callable[[str, tuple[str, ...]], Grades]
) -> None:
    grades = graded("", WRONG[rule][1])
    assert {name: seen for name, (grade, seen) in grades.items() if grade == "bad"} == {}
    judged = {name for name, (grade, _) in grades.items() if grade == "good"}
    assert judged >= JUDGED_WITHOUT_FAULTS
    if rule not in {"requests", "repeating"}:  # a good one asks for nothing, and sends nothing twice
        assert rule in judged


def test_the_command_grades_for_people_and_programs(tmp_path: Path) -> None:
    path = _record(tmp_path / "a.pcapng", "127.0.8.100", "large_packets", ())
    wait_until(lambda: path.exists() and _client(path, "127.0.8.100") is not None, "the recording is written")

    done = refused("inspect", str(path), "--json", str(tmp_path / "a.json"))

    told: dict[str, Any] = json.loads((tmp_path / "a.json").read_text())
    client = told["cameras"][0]["clients"][0]
    assert (done.returncode, done.stderr, client["bad"]) == (0, "", 1)
    assert "    good: control: gave control back" in done.stdout.splitlines()
    assert "no test packet of that size had\n      a good client: Asks for test packets, " in done.stdout
    (bad,) = [rule for rule in client["rules"] if rule["grade"] == "bad"]
    assert bad["name"] == "packet-size"


def test_grades_in_a_file_are_for_captures(tmp_path: Path) -> None:
    done = refused("inspect", str(tmp_path), "--json", str(tmp_path / "a.json"))
    assert (done.returncode, done.stderr) == (2, "tiscam-emu: json: is for captures\n")
