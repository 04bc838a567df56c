"""Aravis' own acceptance test for real cameras, ``arv-test``, on each model.

``TISCAM_EMU_REPEAT`` says how many runs in a row (default 1). The exit status of ``arv-test`` is always 0: its output
counts.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from tests.interop.emulator import CLIENTS, MODELS, run

from tiscam_emu import Camera

_RUNS = range(int(os.environ.get("TISCAM_EMU_REPEAT", "1")))
_CHECKS = 19
_TRIES = 5
_TRIES_IF_TOO_SLOW = 2
_LOSS = (":BufferCheck", ":FrameRate")

# With its built-in assumptions about a camera it does not know, arv-test wants 10 Hz at full size; this camera ends at
# 5.8 Hz there (manual 5.1.4), so the check cannot pass.
_ASSUMED_OTHERWISE = {"38GX541-a": {"MultipleAcquisitionA:FrameRate"}}
_CONFIGURATION = str(CLIENTS / "arv-test.cfg")


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the output."""

    name: str
    status: str
    comment: str


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("arv-test-0.8")


@pytest.fixture(params=MODELS)
def started(request: pytest.FixtureRequest, tiscam_camera_factory: Callable[..., Camera]) -> Camera:
    """Just started: a shared camera would come with the size and rate of an earlier test."""
    return tiscam_camera_factory(request.param)


def _checks(camera: Camera, *options: str) -> list[Check]:
    lines = run(["arv-test-0.8", "-n", f"*{camera.serial}", *options]).splitlines()
    assert f"Testing 'The Imaging Source Europe GmbH:{camera.model}'" in lines
    words = [line.split(maxsplit=2) for line in lines if ":" in line.split(" ")[0]]
    return [Check(name, status, " ".join(comment)) for name, status, *comment in words]


def _failures(checks: list[Check]) -> dict[str, str]:
    return {check.name: check.comment for check in checks if check.status == "FAILURE"}


def _checks_without_loss(camera: Camera, expected: set[str], *options: str) -> tuple[list[Check], set[str]]:
    """The checks as they came out best in a few runs, and those that the computer was too slow for.

    arv-test receives by a plain socket with the system's small buffer, and waits half a second for a frame. Where other
    work keeps the client from its processor for some milliseconds the buffer overflows, and a frame of 20 MB cannot be
    asked for again in time. So a check that a lost frame fails has to pass once; a lost frame is told by a warning. The
    computer was too slow if the camera had to skip frames, which it does not at the few hertz of arv-test.
    """
    best: dict[str, Check] = {}
    too_slow: set[str] = set()
    for number in range(1, _TRIES + 1):
        skipped_before = camera.status().skipped_frames
        checks = _checks(camera, *options)
        surprises = _failures(checks).keys() - expected
        if not surprises or any(not name.endswith(_LOSS) for name in surprises):
            return checks, set()
        warnings.warn(f"{camera.model}: arv-test lost frames: {_failures(checks)}", stacklevel=2)
        best = {check.name: best[check.name] if _passed(best, check.name) else check for check in checks}
        if camera.status().skipped_frames > skipped_before:
            too_slow |= surprises
        left = _failures(list(best.values())).keys() - expected
        if not left or (number >= _TRIES_IF_TOO_SLOW and left <= too_slow):
            break
    return list(best.values()), too_slow


def _passed(checks: dict[str, Check], name: str) -> bool:
    return name in checks and checks[name].status != "FAILURE"


@pytest.mark.parametrize("repeat", _RUNS)
def test_with_default_options_every_check_the_camera_can_pass_passes(started: Camera, repeat: int) -> None:
    expected = _ASSUMED_OTHERWISE.get(started.model.split()[1], set())
    checks, too_slow = _checks_without_loss(started, expected)

    assert len(checks) == _CHECKS
    assert expected <= _failures(checks).keys() <= expected | too_slow, _failures(checks)


@pytest.mark.parametrize("repeat", _RUNS)
def test_every_check_passes_once_arv_test_is_told_of_the_camera(started: Camera, repeat: int) -> None:
    checks, too_slow = _checks_without_loss(started, set(), "-c", _CONFIGURATION)

    assert len(checks) == _CHECKS
    assert _failures(checks).keys() <= too_slow, _failures(checks)
    assert {check.name for check in checks if check.status == "IGNORED"} == {"Genicam:Schema"}
