"""The GenTL producer between consumers: who may open a camera, when it is lost, and calls from several threads."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import c_char_p, c_int32, c_size_t
from pathlib import Path

import pytest
from tests.interop.cable import CAMERA, GATEWAY, Cable, camera_on, ip, laid_cable, namespace
from tests.interop.emulator import Ready, run
from tests.interop.gentl_fixtures import (
    CONTROL,
    ERROR_EVENT,
    EXCLUSIVE,
    MODULE_EVENT,
    READ_ONLY,
)
from tests.interop.gentl_library import GenTLError, Opened

from tiscam_emu import Camera

XML = Path(__file__).parents[2] / "genicam_xml/tiscam_emu_39GX265_Z20.xml"


def elsewhere(producer: Path, serial: str, *accesses: int) -> list[str]:
    """What another process is told that opens the camera in these ways, and of its access status before."""
    script = f"""
from ctypes import c_char_p, c_int32
from tests.interop.gentl_library import GenTLError, Opened
opened = Opened.open({str(producer)!r})
print(opened.library.info("IFGetDeviceInfo", opened.interface, c_char_p({serial.encode()!r}), 5).value)
for access in {accesses}:
    try:
        device = opened.device({serial!r}, access)
        port = opened.library.handle("DevGetPort", device)
        opened.library.read(port, 0x48, 32)
        print("opened")
        opened.library.call("DevClose", device)
    except GenTLError as error:
        print(error.code)
opened.close()
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_two_consumers_of_one_camera_get_the_standards_codes(
    opened: Opened, gentl_camera: Ready, producer: Path
) -> None:
    device = opened.device(gentl_camera.serial)
    with pytest.raises(GenTLError, match="GC_ERR_RESOURCE_IN_USE"):
        opened.device(gentl_camera.serial, READ_ONLY)
    assert elsewhere(producer, gentl_camera.serial, CONTROL, EXCLUSIVE, READ_ONLY) == [
        "2",  # to be read alone
        "GC_ERR_ACCESS_DENIED",
        "GC_ERR_ACCESS_DENIED",
        "opened",
    ]
    port = opened.library.handle("DevGetPort", device)
    assert opened.library.read(port, 0x0A00, 4)[3] == 2, "control was not lost by it"


def test_exclusive_access_keeps_readers_out(opened: Opened, gentl_camera: Ready, producer: Path) -> None:
    device = opened.device(gentl_camera.serial, EXCLUSIVE)
    port = opened.library.handle("DevGetPort", device)
    assert opened.library.read(port, 0x0A00, 4)[3] == 1
    assert elsewhere(producer, gentl_camera.serial, CONTROL, READ_ONLY) == [
        "4",  # busy
        "GC_ERR_ACCESS_DENIED",
        "GC_ERR_ACCESS_DENIED",
    ]


def test_read_only_leaves_the_camera_free_and_writes_nothing(
    opened: Opened, gentl_camera: Ready, producer: Path
) -> None:
    device = opened.device(gentl_camera.serial, READ_ONLY)
    port = opened.library.handle("DevGetPort", device)
    assert opened.library.read(port, 0x0A00, 4) == bytes(4)
    with pytest.raises(GenTLError, match="GC_ERR_ACCESS_DENIED"):
        opened.library.write(port, 0x0938, (4000).to_bytes(4, "big"))
    with pytest.raises(GenTLError, match="GC_ERR_ACCESS_DENIED"):
        opened.library.handle("DevOpenDataStream", device, c_char_p(b"Stream0"))
    assert opened.library.info("DevGetInfo", device, 5).value == 6
    assert opened.library.info("GCGetPortInfo", port, 8).value is False
    assert elsewhere(producer, gentl_camera.serial, CONTROL) == ["1", "opened"]


@pytest.mark.parametrize("access", [-1, 0, 1, 5, 1000])
def test_there_are_three_ways_to_open_a_camera(opened: Opened, gentl_camera: Ready, access: int) -> None:
    with pytest.raises(GenTLError, match="GC_ERR_INVALID_PARAMETER"):
        opened.device(gentl_camera.serial, access)


def test_a_camera_is_opened_by_id_address_or_serial_number(opened: Opened, gentl_camera: Ready) -> None:
    (camera_id,) = {
        opened.library.info("IFGetDeviceInfo", opened.interface, c_char_p(name.encode()), 0).value
        for name in (gentl_camera.serial, gentl_camera.address)
    }
    for name in (camera_id, gentl_camera.address, gentl_camera.serial):
        opened.library.call("DevClose", opened.device(name))
    for name in ("", "nobody", "127.9.9.9"):
        with pytest.raises(GenTLError, match="GC_ERR_INVALID_ID"):
            opened.device(name)


@pytest.mark.parametrize("sanitizer", ["address", "thread"])
def test_random_calls_from_threads_neither_crash_nor_race(producer: Path, gentl_camera: Ready, sanitizer: str) -> None:
    folder = producer.parents[1]
    program = folder / f"build/stress-{sanitizer}"
    subprocess.run(["make", "-s", "-C", str(folder), f"build/{program.name}"], check=True)
    (start,) = re.findall(r'Name="AcquisitionStartReg".*?<Address>(.*?)<', XML.read_text(), re.S)
    suppressions = {name: folder / f"tests/{name}.supp" for name in ("leak", "thread")}
    environment = {
        **os.environ,
        "LSAN_OPTIONS": f"suppressions={suppressions['leak']}",
        "TSAN_OPTIONS": f"suppressions={suppressions['thread']} ignore_noninstrumented_modules=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
    done = subprocess.run(
        [str(program), "4", "1", "4", gentl_camera.address, start],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    calls, successes, _ = map(int, re.findall(r"\d+", done.stdout))
    assert calls > successes > 1000


def test_a_lost_camera_is_told_by_events(opened: Opened, tiscam_camera_factory: Callable[..., Camera]) -> None:
    camera = tiscam_camera_factory("33GP1300")
    library = opened.library
    opened.update()
    device = opened.device(camera.address)
    port = library.handle("DevGetPort", device)
    error = library.handle("GCRegisterEvent", device, c_int32(ERROR_EVENT))
    module = library.handle("GCRegisterEvent", opened.interface, c_int32(MODULE_EVENT))
    camera.unplug()
    data = library.event_data(error, 60_000)
    asked = ("EventGetDataInfo", error, c_char_p(data), c_size_t(len(data)))
    assert library.info(*asked, 0).value == -1010
    assert "does not answer" in library.info(*asked, 1).value
    data = library.event_data(module, 60_000)
    assert library.info("EventGetDataInfo", module, c_char_p(data), c_size_t(len(data)), 0).value == "9001"
    with pytest.raises(GenTLError, match="GC_ERR_IO"):
        library.read(port, 0x0A00, 4)
    camera.plug()
    library.call("DevClose", device)


@contextmanager
def behind_a_router() -> Iterator[tuple[Cable, list[str]]]:
    """A cable whose client's end forwards to a third namespace, and what runs a command there."""
    with laid_cable() as cable, namespace() as far:
        router = cable.at(cable.client)
        ip(
            router,
            f"address add {GATEWAY}/24 dev eth0",
            f"link add near type veth peer name eth0 netns {far}",
            "address add 10.99.0.1/24 dev near",
            "link set near up",
        )
        run([*router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"])
        ip(cable.at(far), "address add 10.99.0.2/24 dev eth0", "link set eth0 up", "route add default via 10.99.0.1")
        yield cable, cable.at(far)


def test_a_camera_behind_a_router_is_found_by_its_address(producer: Path) -> None:
    script = f"""
from tests.interop.gentl_library import Opened
opened = Opened.open({str(producer)!r}, "eth0")
print(len(opened.ids()))
if opened.ids():
    device = opened.device({CAMERA!r})
    print(opened.library.read(opened.library.handle("DevGetPort", device), 0x68, 32).strip(bytes(1)).decode())
opened.close()
"""
    outputs = []
    with behind_a_router() as (cable, there), camera_on(cable, "--interface", "cam0", "--expose"):
        for named in ("", f"nonsense, 10.1.2.3,{CAMERA}"):
            environment = {**os.environ, "TISCAM_GENTL_ADDRESSES": named, "PYTHONPATH": str(Path(__file__).parents[2])}
            command = [*there, sys.executable, "-c", script]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            outputs.append(done.stdout.splitlines())
    assert outputs == [["0"], ["1", "DFK 33GP1300"]]
