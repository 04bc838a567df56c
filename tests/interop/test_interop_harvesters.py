"""harvesters with the GenTL producer of this project, and with nothing else."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.interop.emulator import MODELS, PATIENCE_S, Ready, emulator, wait_until

from tiscam_emu import Camera, read_stamp

_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def stamped(_lo_only: None, first_address: str) -> Iterator[dict[str, Ready]]:
    """All five models, and every frame of theirs can be checked to the last bit."""
    address = first_address.replace(".1", ".101", 1) if first_address.endswith(".1.1") else first_address
    models = [word for model in MODELS for word in ("--model", model)]
    with emulator(*models, "--stamp", "--address", address, cameras=len(MODELS)) as running:
        yield {ready.key: ready for ready in running.ready}


@pytest.fixture(scope="module")
def harvester(producer: Path) -> Iterator[Any]:
    """One for all tests: the standard has a producer open once in a process."""
    from harvesters.core import Harvester

    before = signal.getsignal(signal.SIGINT)
    made = Harvester()
    made.add_file(str(producer))
    yield made
    made.reset()
    signal.signal(signal.SIGINT, before)  # harvesters takes it


def listed(harvester: Any, *serials: str) -> None:
    """Look for cameras until these are in the list."""

    def found() -> bool:
        harvester.update()
        return set(serials) <= {info.serial_number for info in harvester.device_info_list}

    wait_until(found, f"{', '.join(serials)} found")


def small(nodes: Any) -> None:
    """Frames that are quick to come, of settings that stay."""
    for name in ("ExposureAuto", "GainAuto"):
        if hasattr(nodes, name):
            getattr(nodes, name).value = "Off"
    nodes.ExposureTime.value = 1000.0
    nodes.Width.value, nodes.Height.value = 640, 480


def known_formats(nodes: Any) -> list[str]:
    """The camera's pixel formats that harvesters can unpack."""
    from harvesters.util.pfnc import symbolics

    offered: list[str] = [name for name in nodes.PixelFormat.symbolics if name in set(symbolics.values())]
    assert offered
    return offered


def fetch_whole(acquirer: Any, timeout_s: float = PATIENCE_S) -> int:
    """The frame id of the next frame, each bit of which has arrived."""
    with acquirer.fetch(timeout=timeout_s) as buffer:
        (component,) = buffer.payload.components
        stamp = read_stamp(bytes(buffer.module.raw_buffer))
        assert component.data.size == component.width * component.height * component.num_components_per_pixel
        return int(stamp.frame_id)


@pytest.mark.parametrize("model", MODELS)
def test_all_cameras_are_listed_as_what_they_are(harvester: Any, stamped: dict[str, Ready], model: str) -> None:
    listed(harvester, *(ready.serial for ready in stamped.values()))
    (info,) = [info for info in harvester.device_info_list if info.serial_number == stamped[model].serial]
    assert (info.vendor, info.model, info.tl_type) == (
        "The Imaging Source Europe GmbH",
        stamped[model].model,
        "GEV",
    )


@pytest.mark.parametrize("model", MODELS)
def test_every_pixel_format_that_harvesters_knows_arrives_whole(
    harvester: Any, stamped: dict[str, Ready], model: str
) -> None:
    listed(harvester, stamped[model].serial)
    got, offered = [], []
    with harvester.create({"serial_number": stamped[model].serial}) as acquirer:
        nodes = acquirer.remote_device.node_map
        small(nodes)
        offered = known_formats(nodes)
        for name in offered:
            nodes.PixelFormat.value = name
            acquirer.start()
            with acquirer.fetch(timeout=PATIENCE_S) as buffer:
                (component,) = buffer.payload.components
                read_stamp(bytes(buffer.module.raw_buffer))
                got.append((component.data_format, component.width, component.height))
            acquirer.stop()
    assert got == [(name, 640, 480) for name in offered]


def test_the_program_of_the_readme_runs_as_it_stands_there(
    producer: Path, tiscam_camera_factory: Callable[..., Camera]
) -> None:
    text = (_ROOT / "README.md").read_text().split("**harvesters**")[1]
    shell, program = (re.findall(rf"```{kind}\n(.*?)```", text, re.S)[0] for kind in ("sh", "python"))
    tiscam_camera_factory("33GP1300")
    done = subprocess.run(
        ["bash", "-ec", f"{shell}\nexec {sys.executable} -c '{program}'"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert 0 < float(done.stdout) < 255
    assert done.stderr == ""
