"""harvesters with the GenTL producer of this project, and with nothing else."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.interop.emulator import MODELS, PATIENCE_S, Ready, emulator, wait_until

from tiscam_emu import Camera, read_stamp

_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def stamped(_lo_only: None, first_address: str) -> Iterator[dict[str, Ready]]:
    """All five models, and every frame of theirs can be checked to the last bit."""
    with ExitStack() as running:
        ready = {}
        for number, model in enumerate(MODELS, 91):  # one after the other: each has but so long to get ready
            address = f"{first_address.removesuffix('1')}{number}"
            (one,) = running.enter_context(emulator("--model", model, "--stamp", "--address", address)).ready
            ready[one.key] = one
        yield ready


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


def test_chunks_tell_the_settings_of_their_frame(harvester: Any, stamped: dict[str, Ready]) -> None:
    listed(harvester, stamped["39GX265-Z20"].serial)
    with harvester.create({"serial_number": stamped["39GX265-Z20"].serial}) as acquirer:
        nodes = acquirer.remote_device.node_map
        small(nodes)
        nodes.ChunkModeActive.value = True
        for name in ("ExposureTime", "Width"):
            nodes.ChunkSelector.value = name
            nodes.ChunkEnable.value = True
        nodes.TriggerMode.value = "On"
        nodes.TriggerSource.value = "Software"
        acquirer.start()
        try:
            got = []
            for exposure_us in (1000.0, 2500.0, 4000.0):
                nodes.ExposureTime.value = exposure_us
                nodes.TriggerSoftware.execute()
                with acquirer.fetch(timeout=PATIENCE_S) as buffer:
                    read_stamp(bytes(buffer.module.raw_buffer))
                    got.append((nodes.ChunkExposureTime.value, nodes.ChunkWidth.value))
        finally:
            acquirer.stop()
            nodes.ChunkModeActive.value = False
            nodes.TriggerMode.value = "Off"
    assert got == [(1000.0, 640), (2500.0, 640), (4000.0, 640)]


def test_a_software_trigger_gives_one_frame_and_no_more(harvester: Any, stamped: dict[str, Ready]) -> None:
    listed(harvester, stamped["38UX253"].serial)
    with harvester.create({"serial_number": stamped["38UX253"].serial}) as acquirer:
        nodes = acquirer.remote_device.node_map
        small(nodes)
        nodes.TriggerMode.value = "On"
        nodes.TriggerSource.value = "Software"
        acquirer.start()
        try:
            assert acquirer.try_fetch(timeout=0.3) is None
            ids = []
            for _ in range(5):
                nodes.TriggerSoftware.execute()
                ids.append(fetch_whole(acquirer))
            assert acquirer.try_fetch(timeout=0.3) is None
        finally:
            acquirer.stop()
            nodes.TriggerMode.value = "Off"
    assert ids == list(range(ids[0], ids[0] + 5))


def test_two_cameras_stream_at_once_and_do_not_mix(harvester: Any, stamped: dict[str, Ready]) -> None:
    first, second = stamped["33GP1300"].serial, stamped["39GX265-Z20"].serial
    listed(harvester, first, second)
    with harvester.create({"serial_number": first}) as one, harvester.create({"serial_number": second}) as other:
        for acquirer, width in ((one, 640), (other, 800)):
            small(acquirer.remote_device.node_map)
            acquirer.remote_device.node_map.Width.value = width
        one.start()
        other.start()
        for _ in range(10):
            for acquirer, width in ((one, 640), (other, 800)):
                with acquirer.fetch(timeout=PATIENCE_S) as buffer:
                    assert buffer.payload.components[0].width == width
                    read_stamp(bytes(buffer.module.raw_buffer))
        one.stop()
        other.stop()


def test_twenty_starts_and_stops_with_frames_in_between(harvester: Any, stamped: dict[str, Ready]) -> None:
    listed(harvester, stamped["33GP1300"].serial)
    with harvester.create({"serial_number": stamped["33GP1300"].serial}) as acquirer:
        small(acquirer.remote_device.node_map)
        for _ in range(20):
            acquirer.start()
            assert fetch_whole(acquirer) < fetch_whole(acquirer)
            acquirer.stop()


def test_in_the_background_frames_come_by_themselves(harvester: Any, stamped: dict[str, Ready]) -> None:
    listed(harvester, stamped["33GP1300"].serial)
    with harvester.create({"serial_number": stamped["33GP1300"].serial}) as acquirer:
        small(acquirer.remote_device.node_map)
        acquirer.start(run_as_thread=True)
        ids = [fetch_whole(acquirer) for _ in range(5)]
        acquirer.stop()
    assert ids == sorted(set(ids))


def test_with_one_packet_in_a_hundred_lost_every_frame_is_whole(
    harvester: Any, tiscam_camera_factory: Callable[..., Camera]
) -> None:
    camera = tiscam_camera_factory("33GP1300", stamp=True, faults="drop=0.01,on=stream", seed=3)
    listed(harvester, camera.serial)
    with harvester.create({"serial_number": camera.serial}) as acquirer:
        nodes = acquirer.remote_device.node_map
        small(nodes)
        nodes.AcquisitionFrameRate.value = 20.0
        nodes.GevSCPSPacketSize.value = 1500
        acquirer.num_buffers = 16
        acquirer.start()
        ids = [fetch_whole(acquirer) for _ in range(30)]
        acquirer.stop()
    assert ids == list(range(ids[0], ids[0] + 30))
    assert camera.status().faults["stream"]["dropped"] > 30
    assert camera.status().resent_packets > 30


def test_an_unplugged_camera_is_an_error_and_comes_back(
    harvester: Any, tiscam_camera_factory: Callable[..., Camera]
) -> None:
    from genicam.gentl import IoException, TimeoutException

    camera = tiscam_camera_factory("33GP1300", stamp=True)
    listed(harvester, camera.serial)
    acquirer = harvester.create({"serial_number": camera.serial})
    nodes = acquirer.remote_device.node_map
    small(nodes)
    acquirer.start()
    fetch_whole(acquirer)
    camera.unplug()
    while acquirer.try_fetch(timeout=0.5) is not None:
        """Frames that had come before."""
    with pytest.raises(TimeoutException):
        acquirer.fetch(timeout=0.5)
    with pytest.raises(IoException):  # harvesters stops the camera first, and gives up there
        acquirer.stop()
    acquirer.destroy()

    harvester.update()
    assert camera.serial not in {info.serial_number for info in harvester.device_info_list}
    camera.plug()
    listed(harvester, camera.serial)
    with harvester.create({"serial_number": camera.serial}) as again:
        again.start()
        fetch_whole(again)
        again.stop()


def test_frames_of_several_parts_have_image_and_chunks(
    harvester: Any, tiscam_camera_factory: Callable[..., Camera]
) -> None:
    from genicam.gentl import PAYLOADTYPE_INFO_IDS
    from harvesters.core import ParameterKey, ParameterSet

    camera = tiscam_camera_factory("39GX265-Z20", stamp=True, multi_part=True)
    listed(harvester, camera.serial)
    # harvesters gives the buffer to a parser that knows no chunks in a part
    config = ParameterSet({ParameterKey.ENABLE_AUTO_CHUNK_DATA_UPDATE: False})
    with harvester.create({"serial_number": camera.serial}, config=config) as acquirer:
        nodes = acquirer.remote_device.node_map
        small(nodes)
        nodes.GevGVSPExtendedIDMode.value = "On"
        nodes.GevSCCFGMultiPart.value = True
        nodes.ChunkModeActive.value = True
        nodes.ChunkSelector.value = "ExposureTime"
        nodes.ChunkEnable.value = True
        acquirer.start()
        with acquirer.fetch(timeout=PATIENCE_S) as buffer:
            image = buffer.payload.components[0]
            assert (image.width, image.height, image.data_format) == (640, 480, nodes.PixelFormat.value)
            assert buffer.module.payload_type == PAYLOADTYPE_INFO_IDS.PAYLOAD_TYPE_MULTI_PART
            assert (buffer.module.num_chunks, len(buffer.payload.components)) == (1, 2)
        acquirer.stop()
