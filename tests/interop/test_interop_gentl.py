"""The GenTL producer by the standard: every function of it, used well and badly."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import byref, c_char_p, c_int32, c_size_t, c_uint32, c_uint64, c_void_p, create_string_buffer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.interop.cable import CAMERA, GATEWAY, Cable, camera_on, ip, laid_cable, namespace
from tests.interop.emulator import PATIENCE_S, Ready, emulator, run, wait_until
from tests.interop.gentl_library import FUNCTIONS, INFINITE, GenTLError, Library, Opened, arguments_of

from tiscam_emu import Camera

XML = Path(__file__).parents[2] / "genicam_xml/tiscam_emu_39GX265_Z20.xml"
READ_ONLY, CONTROL, EXCLUSIVE = 2, 3, 4
ERROR_EVENT, NEW_BUFFER, REMOTE_EVENT, MODULE_EVENT = 0, 1, 4, 5
OF_GENTL_1_6 = {
    "DSAnnounceCompositeBuffer",
    "DSGetBufferSegmentInfo",
    "DSGetFlowInfo",
    "DSGetNumBufferSegments",
    "DSGetNumFlows",
}


@pytest.fixture
def opened(producer: Path) -> Iterator[Opened]:
    """The library with its interface ``lo``."""
    opened = Opened.open(producer)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def cameras(_lo_only: None, first_address: str) -> Iterator[dict[str, Ready]]:
    """Two are enough here."""
    models = ("--model", "39GX265-Z20", "--model", "33GP1300")
    with emulator(*models, "--address", first_address.removesuffix("1") + "81", cameras=2) as running:
        yield {ready.key: ready for ready in running.ready}


@pytest.fixture
def camera(cameras: dict[str, Ready]) -> Ready:
    """One with a message channel."""
    return cameras["39GX265-Z20"]


def exported(file: Path | str) -> set[str]:
    """The functions of GenTL's name that a library shows."""
    done = subprocess.run(["nm", "-D", "--defined-only", str(file)], capture_output=True, text=True, check=True)
    return set(re.findall(r" T ((?:GC|TL|IF|Dev|DS|Event)[A-Z]\w+)$", done.stdout, re.M))


def test_the_functions_are_those_of_emvas_own_producer(producer: Path) -> None:
    spec = find_spec("genicam")
    assert spec is not None
    assert spec.origin is not None
    wanted = exported(Path(spec.origin).with_name("viky.cti"))
    assert len(wanted) > 50
    assert exported(producer) == wanted == set(FUNCTIONS) | OF_GENTL_1_6


def test_functions_of_a_later_standard_say_so(opened: Opened) -> None:
    for name in OF_GENTL_1_6:
        assert opened.library.code(name) == "GC_ERR_NOT_IMPLEMENTED"
        assert opened.library.last_error() == (-1003, f"{name} is of GenTL 1.6")


def test_nothing_goes_before_the_library_is_initialized_nor_twice(producer: Path) -> None:
    library, out = Library(producer), c_void_p()
    assert library.code("TLOpen", byref(out)) == "GC_ERR_NOT_INITIALIZED"
    assert library.code("GCCloseLib") == "GC_ERR_NOT_INITIALIZED"
    assert library.code("TLClose", c_void_p(1)) == "GC_ERR_NOT_INITIALIZED"
    assert library.info("GCGetInfo", 5).value == "gige_vision.cti"
    library.call("GCInitLib")
    try:
        assert library.code("GCInitLib") == "GC_ERR_RESOURCE_IN_USE"
        system = library.handle("TLOpen")
        assert library.code("TLOpen", byref(out)) == "GC_ERR_RESOURCE_IN_USE"
        interface = library.handle("TLOpenInterface", system, c_char_p(b"lo"))
        assert library.code("TLOpenInterface", system, c_char_p(b"lo"), byref(out)) == "GC_ERR_RESOURCE_IN_USE"
        assert library.code("TLOpenInterface", system, c_char_p(b"eth77"), byref(out)) == "GC_ERR_INVALID_ID"
        library.call("TLClose", system)
        assert library.code("IFClose", interface) == "GC_ERR_INVALID_HANDLE"
    finally:
        library.call("GCCloseLib")


def test_without_libaravis_the_library_says_what_is_missing(producer: Path, tmp_path: Path) -> None:
    for name in ("libaravis-0.8.so.0", "libaravis-0.10.so.0"):
        (tmp_path / name).write_bytes(b"")
    script = (
        "from tests.interop.gentl_library import Library\n"
        f"library = Library({str(producer)!r})\nprint(library.code('GCInitLib'), *library.last_error())"
    )
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "GC_ERR_ERROR -1001 libaravis is missing (Debian package libaravis-0.8-0)\n"


class Everything:
    """State: a module of each kind, a buffer and an event, all open."""

    def __init__(self, opened: Opened, serial: str) -> None:
        self.opened, self.library = opened, opened.library
        self.device = opened.device(serial)
        self.remote = self.library.handle("DevGetPort", self.device)
        self.stream = self.library.handle("DevOpenDataStream", self.device, c_char_p(b"Stream0"))
        self.buffer = self.library.handle("DSAllocAndAnnounceBuffer", self.stream, c_size_t(1 << 24), c_void_p(77))
        self.event = self.library.handle("GCRegisterEvent", self.stream, c_int32(NEW_BUFFER))
        self.modules = {
            "system": opened.system,
            "interface": opened.interface,
            "device": self.device,
            "stream": self.stream,
            "remote": self.remote,
        }


@pytest.fixture
def everything(opened: Opened, camera: Ready) -> Everything:
    return Everything(opened, camera.serial)


OF_WHAT = {
    "PORT_HANDLE": "remote",
    "EVENTSRC_HANDLE": "stream",
    "EVENT_HANDLE": "event",
    "TL_HANDLE": "system",
    "IF_HANDLE": "interface",
    "DEV_HANDLE": "device",
    "DS_HANDLE": "stream",
}


def handle_of(everything: Everything, kind: str) -> c_void_p:
    found: c_void_p = everything.event if kind == "event" else everything.modules[kind]
    return found


def plausible(argument: str) -> Any:
    """Something for an argument that could be right."""
    if "*" in argument:
        return create_string_buffer(512) if "size" not in argument.rsplit(maxsplit=1)[-1] else byref(c_size_t(512))
    return c_uint64(0)


def takes_a_handle(name: str) -> bool:
    """The function begins with one of ours."""
    first = (arguments_of(name) or [""])[0]
    return "_HANDLE" in first and "*" not in first


def test_every_function_knows_a_handle_that_is_null_stale_or_anothers(everything: Everything) -> None:
    library = everything.library
    tried = 0
    for name in filter(takes_a_handle, FUNCTIONS):
        first, *rest = arguments_of(name)
        others = [plausible(argument) for argument in rest]
        strangers = [handle for kind, handle in everything.modules.items() if kind != OF_WHAT[first.split()[0]]]
        if name.startswith("GC"):
            strangers = [everything.event]  # ports and events are of any module
        for handle in (c_void_p(), c_void_p(1), c_void_p(2**64 - 1), *strangers, everything.buffer):
            buffers_port = handle is everything.buffer and first.startswith("PORT_HANDLE")
            wanted = "GC_ERR_NOT_IMPLEMENTED" if buffers_port else "GC_ERR_INVALID_HANDLE"
            assert library.code(name, handle, *others) == wanted, f"{name}({handle})"
            tried += 1
    assert tried > 300
    assert library.code("DSGetInfo", everything.stream, 0, None, None, byref(c_size_t())) == "GC_ERR_SUCCESS"


def test_null_where_an_answer_should_go_is_an_invalid_parameter(everything: Everything) -> None:
    tried = 0
    for name in FUNCTIONS:
        first, *rest = arguments_of(name) or [""]
        if not any("*" in argument for argument in rest) or name == "DSRevokeBuffer":
            continue
        kind = OF_WHAT.get(first.split()[0])
        handle = handle_of(everything, kind) if kind else c_int32(0)
        wanted = {"GC_ERR_INVALID_PARAMETER"}
        if "BUFFER_HANDLE buffer" in rest:
            wanted.add("GC_ERR_INVALID_HANDLE")  # the buffer is looked at first
        if name in {"TLUpdateInterfaceList", "IFUpdateDeviceList"}:
            wanted = {"GC_ERR_SUCCESS"}  # whether something has changed need not be asked
        assert everything.library.code(name, handle, *(c_void_p() for _ in rest)) in wanted, name
        tried += 1
    assert tried > 35


INFOS = {
    "TLGetInfo": ("system", 11),
    "IFGetInfo": ("interface", 3),
    "DevGetInfo": ("device", 10),
    "DSGetInfo": ("stream", 14),
    "GCGetPortInfo": ("remote", 13),
    "EventGetInfo": ("event", 5),
}
NOT_TOLD = {("DSGetInfo", 11)}
"""Chunks of a frame at most: only the camera knows."""


def test_every_info_command_follows_the_protocol_of_sizes(everything: Everything) -> None:
    library = everything.library
    for name, (kind, count) in INFOS.items():
        handle = handle_of(everything, kind)
        for command in range(count):
            if (name, command) in NOT_TOLD:
                code = library.code(name, handle, command, None, None, byref(c_size_t()))
                assert code == "GC_ERR_NOT_AVAILABLE"
            else:
                assert library.info(name, handle, c_int32(command)).type in range(1, 15)
        for command in (count, -1, 999, 1000):
            code = library.code(name, handle, command, None, None, byref(c_size_t()))
            assert code == "GC_ERR_NOT_IMPLEMENTED", f"{name} {command}"


def test_infos_tell_what_the_camera_is(everything: Everything, camera: Ready) -> None:
    library = everything.library
    (camera_id,) = (
        one for one in everything.opened.ids() if one == library.info("DevGetInfo", everything.device, 0).value
    )
    for command, value in {1: "The Imaging Source Europe GmbH", 2: camera.model, 3: "GEV", 7: camera.serial}.items():
        assert library.info("DevGetInfo", everything.device, command).value == value
        from_interface = library.info(
            "IFGetDeviceInfo", everything.opened.interface, c_char_p(camera_id.encode()), command
        )
        assert from_interface.value == value
    assert library.info("DevGetInfo", everything.device, 9).value == 1_000_000_000
    ports = {
        kind: tuple(library.info("GCGetPortInfo", handle, command).value for command in (4, 5, 6, 7, 8, 12))
        for kind, handle in everything.modules.items()
    }
    assert ports == {
        "system": ("TLSystem", True, False, True, True, "TLPort"),
        "interface": ("TLInterface", True, False, True, True, "InterfacePort"),
        "device": ("TLDevice", True, False, True, True, "DevicePort"),
        "stream": ("TLDataStream", True, False, True, True, "StreamPort"),
        "remote": ("TLRemoteDevice", False, True, True, True, "Device"),
    }


def test_parents_are_those_that_were_opened(everything: Everything) -> None:
    library = everything.library
    assert library.handle("DSGetParentDev", everything.stream).value == everything.device.value
    assert library.handle("DevGetParentIF", everything.device).value == everything.opened.interface.value
    assert library.handle("IFGetParentTL", everything.opened.interface).value == everything.opened.system.value
    assert library.number("DevGetNumDataStreams", everything.device) == 1
    assert library.text("DevGetDataStreamID", everything.device, 0) == "Stream0"
    out, size = create_string_buffer(64), c_size_t(64)
    assert library.code("DevGetDataStreamID", everything.device, 1, out, byref(size)) == "GC_ERR_INVALID_INDEX"
    assert library.code("IFGetDeviceID", everything.opened.interface, 999, out, byref(size)) == "GC_ERR_INVALID_INDEX"
    assert library.code("TLGetInterfaceID", everything.opened.system, 999, out, byref(size)) == "GC_ERR_INVALID_INDEX"


KEPT: list[Any] = []


def node_map(library: Library, port: c_void_p) -> Any:
    """EMVA's parser over a port of ours."""
    from genicam.genapi import AbstractPort, EAccessMode, NodeMap
    from tests.interop.genapi_camera import xml_of

    class Port(AbstractPort):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()

        def read(self, address: int, length: int) -> bytes:
            return library.read(port, address, length)

        def write(self, address: int, value: Any) -> None:
            library.write(port, address, bytes(value))

        def get_access_mode(self) -> Any:
            return EAccessMode.RW

    url = library.text("GCGetPortURL", port)
    name, address, length = re.fullmatch(r"local:(.*?);(\w+);(\w+).*", url).groups()  # type: ignore[union-attr]
    nodes = NodeMap()
    nodes.load_xml_from_string(xml_of(name, library.read(port, int(address, 16), int(length, 16))).decode())
    made = Port()
    nodes.connect(made, library.info("GCGetPortInfo", port, 12).value)
    KEPT.append(made)  # the parser has a bare pointer
    return nodes


@pytest.mark.parametrize("kind", ["system", "interface", "device", "stream"])
def test_every_node_of_the_four_descriptions_can_be_read(everything: Everything, kind: str) -> None:
    from genicam.genapi import EAccessMode, EInterfaceType

    nodes = node_map(everything.library, everything.modules[kind])
    seen = {}
    for node in nodes.nodes:
        name, mode, of = node.node.name, node.node.get_access_mode(), node.node.principal_interface_type
        assert mode in {EAccessMode.RO, EAccessMode.RW, EAccessMode.WO}, name
        if mode != EAccessMode.WO and of in {
            EInterfaceType.intfIInteger,
            EInterfaceType.intfIString,
            EInterfaceType.intfIEnumeration,
            EInterfaceType.intfIBoolean,
        }:
            seen[name] = nodes.get_node(name).value
    assert len(seen) > 10
    assert seen[f"{kind.capitalize()}ID" if kind != "system" else "TLID"]


def test_selectors_lead_through_interfaces_and_cameras(everything: Everything, cameras: dict[str, Ready]) -> None:
    library = everything.library
    system = node_map(library, everything.opened.system)
    system.InterfaceUpdateList.execute()
    assert (system.InterfaceSelector.max, system.InterfaceID.value, system.TLType.value) == (0, "lo", "GigEVision")
    interface = node_map(library, everything.opened.interface)
    interface.DeviceUpdateList.execute()
    wait_until(lambda: interface.DeviceSelector.max >= len(cameras) - 1, "all cameras found")
    seen = {}
    for index in range(interface.DeviceSelector.max + 1):
        interface.DeviceSelector.value = index
        seen[interface.DeviceSerialNumber.value] = (
            interface.DeviceModelName.value,
            interface.GevDeviceIPAddress.value,
            interface.DeviceAccessStatus.value,
        )
    for ready in cameras.values():
        address = int.from_bytes(bytes(map(int, ready.address.split("."))), "big")
        status = "OpenReadWrite" if ready.key == "39GX265-Z20" else "ReadWrite"
        assert seen[ready.serial] == (ready.model, address, status)


def test_ports_refuse_what_is_not_there(everything: Everything) -> None:
    library = everything.library
    for handle in everything.modules.values():
        for address, size in ((0, 0), (0x7000, 4), (0xFFFF_FFFF_FFFF_FFF0, 32)):
            with pytest.raises(GenTLError):
                library.read(handle, address, size)
        with pytest.raises(GenTLError):
            library.write(handle, 0x7000, b"abcd")
    assert library.code("GCGetPortURL", everything.remote, None, None) == "GC_ERR_INVALID_PARAMETER"
    with pytest.raises(GenTLError, match="INVALID_INDEX"):
        library.info("GCGetPortURLInfo", everything.remote, 7, 0)


def test_ports_read_and_write_singly_and_stacked(everything: Everything) -> None:
    class Entry(ctypes.Structure):
        _fields_ = (("address", c_uint64), ("buffer", c_void_p), ("size", c_size_t))

    library = everything.library
    assert library.read(everything.remote, 0x0A00, 4) == bytes([0, 0, 0, 2])
    assert library.read(everything.remote, 0x0A02, 2) == bytes([0, 2]), "in the middle of a word"
    library.write(everything.remote, 0x0938, (4000).to_bytes(4, "big"))
    memory = [create_string_buffer(4), create_string_buffer(33), create_string_buffer(4)]
    places = ((0x0938, 4), (0x0048, 32), (0x9000_0000, 4))
    entries = (Entry * 3)(
        *(Entry(address, ctypes.addressof(out), size) for (address, size), out in zip(places, memory, strict=True))
    )
    count = c_size_t(2)
    library.call("GCReadPortStacked", everything.remote, entries, byref(count))
    assert (count.value, memory[0].raw, memory[1].value) == (
        2,
        (4000).to_bytes(4, "big"),
        b"The Imaging Source Europe GmbH",
    )
    count = c_size_t(3)
    assert library.code("GCReadPortStacked", everything.remote, entries, byref(count)) == "GC_ERR_INVALID_ADDRESS"
    assert count.value == 2, "two had been read"
    ctypes.memmove(memory[0], (3000).to_bytes(4, "big"), 4)
    count = c_size_t(1)
    library.call("GCWritePortStacked", everything.remote, entries, byref(count))
    assert library.read(everything.remote, 0x0938, 4) == (3000).to_bytes(4, "big")


def test_urls_tell_where_descriptions_are(everything: Everything) -> None:
    library = everything.library
    for kind, handle in everything.modules.items():
        url = library.text("GCGetPortURL", handle)
        assert library.number("GCGetNumPortURLs", handle) >= 1
        info = [library.info("GCGetPortURLInfo", handle, 0, command).value for command in (0, 1, 7, 8, 9, 10)]
        place = f"{info[5]};{info[2]:X};{info[3]:X}".lower()
        assert info[0] == url
        assert url.lower().startswith("local:" + place), kind
        assert info[1] == 1
        out = byref(c_size_t())
        assert library.code("GCGetPortURLInfo", handle, 0, 6, None, None, out) == "GC_ERR_NOT_AVAILABLE"


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


def test_two_consumers_of_one_camera_get_the_standards_codes(opened: Opened, camera: Ready, producer: Path) -> None:
    device = opened.device(camera.serial)
    with pytest.raises(GenTLError, match="GC_ERR_RESOURCE_IN_USE"):
        opened.device(camera.serial, READ_ONLY)
    assert elsewhere(producer, camera.serial, CONTROL, EXCLUSIVE, READ_ONLY) == [
        "2",  # to be read alone
        "GC_ERR_ACCESS_DENIED",
        "GC_ERR_ACCESS_DENIED",
        "opened",
    ]
    port = opened.library.handle("DevGetPort", device)
    assert opened.library.read(port, 0x0A00, 4)[3] == 2, "control was not lost by it"


def test_exclusive_access_keeps_readers_out(opened: Opened, camera: Ready, producer: Path) -> None:
    device = opened.device(camera.serial, EXCLUSIVE)
    port = opened.library.handle("DevGetPort", device)
    assert opened.library.read(port, 0x0A00, 4)[3] == 1
    assert elsewhere(producer, camera.serial, CONTROL, READ_ONLY) == [
        "4",  # busy
        "GC_ERR_ACCESS_DENIED",
        "GC_ERR_ACCESS_DENIED",
    ]


def test_read_only_leaves_the_camera_free_and_writes_nothing(opened: Opened, camera: Ready, producer: Path) -> None:
    device = opened.device(camera.serial, READ_ONLY)
    port = opened.library.handle("DevGetPort", device)
    assert opened.library.read(port, 0x0A00, 4) == bytes(4)
    with pytest.raises(GenTLError, match="GC_ERR_ACCESS_DENIED"):
        opened.library.write(port, 0x0938, (4000).to_bytes(4, "big"))
    with pytest.raises(GenTLError, match="GC_ERR_ACCESS_DENIED"):
        opened.library.handle("DevOpenDataStream", device, c_char_p(b"Stream0"))
    assert opened.library.info("DevGetInfo", device, 5).value == 6
    assert opened.library.info("GCGetPortInfo", port, 8).value is False
    assert elsewhere(producer, camera.serial, CONTROL) == ["1", "opened"]


@pytest.mark.parametrize("access", [-1, 0, 1, 5, 1000])
def test_there_are_three_ways_to_open_a_camera(opened: Opened, camera: Ready, access: int) -> None:
    with pytest.raises(GenTLError, match="GC_ERR_INVALID_PARAMETER"):
        opened.device(camera.serial, access)


def test_a_camera_is_opened_by_id_address_or_serial_number(opened: Opened, camera: Ready) -> None:
    (camera_id,) = {
        opened.library.info("IFGetDeviceInfo", opened.interface, c_char_p(name.encode()), 0).value
        for name in (camera.serial, camera.address)
    }
    for name in (camera_id, camera.address, camera.serial):
        opened.library.call("DevClose", opened.device(name))
    for name in ("", "nobody", "127.9.9.9"):
        with pytest.raises(GenTLError, match="GC_ERR_INVALID_ID"):
            opened.device(name)


class Streaming:
    """State: a stream of small frames from a camera that waits for software triggers."""

    def __init__(self, everything: Everything) -> None:
        self.library, self.stream, self.event = everything.library, everything.stream, everything.event
        self.library.call("DSRevokeBuffer", self.stream, everything.buffer, None, None)
        self.nodes = node_map(self.library, everything.remote)
        for name, value in {
            "ExposureAuto": "Off",
            "ExposureTime": 1000.0,
            "PixelFormat": "BayerRG8",
            "Width": 640,
            "Height": 480,
            "TriggerMode": "On",
            "TriggerSource": "Software",
        }.items():
            getattr(self.nodes, name).value = value
        self.memory: list[Any] = []
        self.started = False

    def announce(self, count: int = 1, size: int = 640 * 480) -> list[c_void_p]:
        """Buffers of ours, with numbers from 1 as what the user wants to remember."""
        made = []
        for _ in range(count):
            self.memory.append(create_string_buffer(size))
            user = c_void_p(len(self.memory))
            made.append(self.library.handle("DSAnnounceBuffer", self.stream, self.memory[-1], c_size_t(size), user))
        return made

    def queue(self, *buffers: c_void_p) -> None:
        for buffer in buffers:
            self.library.call("DSQueueBuffer", self.stream, buffer)

    def start(self, count: int = INFINITE) -> None:
        self.library.call("DSStartAcquisition", self.stream, c_int32(0), c_uint64(count))
        self.nodes.AcquisitionStart.execute()
        self.started = True

    def stop(self, how: int = 1) -> None:
        self.started = False
        self.nodes.AcquisitionStop.execute()
        self.library.call("DSStopAcquisition", self.stream, c_int32(how))

    def trigger(self) -> None:
        self.nodes.TriggerSoftware.execute()

    def take(self, timeout_ms: int = 20_000) -> tuple[c_void_p, int]:
        """The next buffer's handle and the number we gave it."""
        data = self.library.event_data(self.event, timeout_ms)
        handle, user = (int.from_bytes(data[at : at + 8], "little") for at in (0, 8))
        return c_void_p(handle), user

    def flush(self, how: int) -> None:
        self.library.call("DSFlushQueue", self.stream, c_int32(how))

    def info(self, buffer: c_void_p, command: int) -> Any:
        return self.library.info("DSGetBufferInfo", self.stream, buffer, c_int32(command)).value

    def counts(self) -> tuple[int, int, int]:
        """Buffers announced, queued for frames, and waiting for the consumer."""
        one, two, three = (self.library.info("DSGetInfo", self.stream, command).value for command in (3, 4, 5))
        return one, two, three


@pytest.fixture
def streaming(everything: Everything) -> Iterator[Streaming]:
    streaming = Streaming(everything)
    yield streaming
    if streaming.started:
        streaming.stop()
    streaming.nodes.TriggerMode.value = "Off"


def test_a_frame_tells_all_about_itself(streaming: Streaming) -> None:
    (buffer,) = streaming.announce()
    streaming.queue(buffer)
    streaming.start()
    streaming.trigger()
    got, user = streaming.take()
    assert (got.value, user) == (buffer.value, 1)
    told = {}
    for command in range(31):
        try:
            told[command] = streaming.info(buffer, command)
        except GenTLError as error:
            told[command] = error.code
    payload = 640 * 480
    assert told == {
        0: ctypes.addressof(streaming.memory[0]),
        1: payload,
        2: 1,
        3: told[28],
        4: True,
        5: False,
        6: False,
        7: False,
        8: "GEV",
        9: payload,
        10: 640,
        11: 480,
        12: streaming.nodes.OffsetX.value,
        13: streaming.nodes.OffsetY.value,
        14: 0,
        15: 0,
        16: 1,
        17: True,
        18: 0,
        19: 1,
        20: 0x0108_0009,
        21: 4,
        22: 480,
        23: "GC_ERR_NOT_AVAILABLE",
        24: "GC_ERR_NOT_AVAILABLE",
        25: "GC_ERR_NOT_IMPLEMENTED",
        26: 1,
        27: payload,
        28: told[28],
        29: False,
        30: False,
    }
    assert told[28] > 0
    assert len(set(streaming.memory[0].raw)) > 10, "there is a picture"
    library, out = streaming.library, c_size_t(4)
    assert library.code("DSGetNumBufferParts", streaming.stream, buffer, byref(c_uint32())) == "GC_ERR_NO_DATA"
    assert library.code("DSGetBufferChunkData", streaming.stream, buffer, None, byref(out)) == "GC_ERR_NO_DATA"
    assert library.info("DSGetInfo", streaming.stream, 7).value == payload


def test_stacked_infos_are_those_one_by_one(streaming: Streaming) -> None:
    class Entry(ctypes.Structure):
        _pack_ = 1
        _fields_ = (
            ("command", c_int32),
            ("type", c_int32),
            ("buffer", c_void_p),
            ("size", c_size_t),
            ("result", c_int32),
        )

    (buffer,) = streaming.announce()
    streaming.queue(buffer)
    streaming.start()
    streaming.trigger()
    streaming.take()
    outs = [c_uint64() for _ in range(3)]
    entries = (Entry * 3)(
        *(Entry(command, 0, ctypes.addressof(out), 8, 0) for command, out in zip((10, 11, 99), outs, strict=True))
    )
    code = streaming.library.code("DSGetBufferInfoStacked", streaming.stream, buffer, entries, c_size_t(3))
    assert code == "GC_ERR_NOT_IMPLEMENTED"
    assert [entry.result for entry in entries] == [0, 0, -1003]
    assert [out.value for out in outs[:2]] == [640, 480]


def test_buffers_come_in_the_order_in_which_they_were_queued(streaming: Streaming) -> None:
    buffers = streaming.announce(3)
    streaming.queue(buffers[2], buffers[0], buffers[1])
    streaming.start()
    users, ids = [], []
    for _ in range(3):
        streaming.trigger()
        buffer, user = streaming.take()
        users.append(user)
        ids.append(streaming.info(buffer, 16))
    assert users == [3, 1, 2]
    assert ids == [1, 2, 3]
    assert streaming.counts() == (3, 0, 0)
    streaming.queue(buffers[1])
    streaming.trigger()
    assert streaming.take()[1] == 2


def test_flushes_move_buffers_as_the_standard_says(streaming: Streaming) -> None:
    input_to_output, output_discard, all_to_input, unqueued_to_input, all_discard = range(5)
    buffers = streaming.announce(4)
    assert streaming.counts() == (4, 0, 0)
    streaming.flush(unqueued_to_input)
    assert streaming.counts() == (4, 4, 0)
    streaming.flush(input_to_output)
    assert streaming.counts() == (4, 0, 4)
    buffer, _ = streaming.take()
    assert (streaming.info(buffer, 4), streaming.info(buffer, 5)) == (False, False), "no new data, and ours"
    streaming.flush(output_discard)
    assert streaming.counts() == (4, 0, 0)
    streaming.flush(all_to_input)
    streaming.start()
    streaming.trigger()
    wait_until(lambda: streaming.counts() == (4, 3, 1), "a frame waits")
    streaming.flush(all_to_input)
    assert streaming.counts() == (4, 4, 0)
    streaming.trigger()
    assert streaming.info(streaming.take()[0], 7) is False, "frames come on after that"
    streaming.flush(all_discard)
    assert streaming.counts() == (4, 0, 0)
    with pytest.raises(GenTLError, match="GC_ERR_TIMEOUT"):
        streaming.take(0)
    for buffer in buffers:
        streaming.library.call("DSRevokeBuffer", streaming.stream, buffer, None, None)
    assert streaming.counts() == (0, 0, 0)
    for how in (-1, 5, 1000):
        with pytest.raises(GenTLError, match="GC_ERR_INVALID_PARAMETER"):
            streaming.flush(how)


def test_buffers_are_revoked_only_when_nobody_has_them(streaming: Streaming) -> None:
    library, stream = streaming.library, streaming.stream
    (mine,) = streaming.announce()
    theirs = library.handle("DSAllocAndAnnounceBuffer", stream, c_size_t(1000), c_void_p(9))
    assert [library.handle("DSGetBufferID", stream, c_uint32(index)).value for index in (0, 1)] == [
        mine.value,
        theirs.value,
    ]
    assert library.code("DSGetBufferID", stream, 2, byref(c_void_p())) == "GC_ERR_INVALID_INDEX"
    streaming.queue(mine)
    assert library.code("DSQueueBuffer", stream, mine) == "GC_ERR_RESOURCE_IN_USE"
    assert library.code("DSRevokeBuffer", stream, mine, None, None) == "GC_ERR_BUSY"
    streaming.flush(4)
    memory, user = c_void_p(), c_void_p()
    library.call("DSRevokeBuffer", stream, mine, byref(memory), byref(user))
    assert (memory.value, user.value) == (ctypes.addressof(streaming.memory[0]), 1)
    library.call("DSRevokeBuffer", stream, theirs, byref(memory), byref(user))
    assert (memory.value, user.value) == (None, 9)
    for buffer in (mine, theirs):
        assert library.code("DSQueueBuffer", stream, buffer) == "GC_ERR_INVALID_HANDLE"
        assert library.code("DSRevokeBuffer", stream, buffer, None, None) == "GC_ERR_INVALID_HANDLE"
    assert library.code("DSAnnounceBuffer", stream, b"x", c_size_t(0), None, byref(c_void_p())) == (
        "GC_ERR_INVALID_PARAMETER"
    )


def test_an_acquisition_ends_by_itself_after_its_frames(streaming: Streaming) -> None:
    streaming.queue(*streaming.announce(4))
    streaming.start(2)
    for _ in range(2):
        streaming.trigger()
        streaming.take()
    streaming.trigger()
    with pytest.raises(GenTLError, match="GC_ERR_TIMEOUT"):
        streaming.take(300)
    assert streaming.library.info("DSGetInfo", streaming.stream, 1).value == 2


def test_acquisitions_start_and_stop_in_turn(streaming: Streaming) -> None:
    library, stream = streaming.library, streaming.stream
    start = ("DSStartAcquisition", stream, c_int32(0))
    assert library.code(*start, c_uint64(INFINITE)) == "GC_ERR_INVALID_BUFFER", "none is announced"
    streaming.announce()
    assert library.code("DSStopAcquisition", stream, c_int32(0)) == "GC_ERR_RESOURCE_IN_USE"
    assert library.code(*start, c_uint64(0)) == "GC_ERR_INVALID_PARAMETER"
    assert library.code("DSStartAcquisition", stream, c_int32(9), c_uint64(1)) == "GC_ERR_INVALID_PARAMETER"
    for how in (0, 1):
        library.call(*start, c_uint64(INFINITE))
        assert library.info("DSGetInfo", stream, 8).value is True
        assert library.code(*start, c_uint64(INFINITE)) == "GC_ERR_RESOURCE_IN_USE"
        assert library.code("DSStopAcquisition", stream, c_int32(7)) == "GC_ERR_INVALID_PARAMETER"
        library.call("DSStopAcquisition", stream, c_int32(how))
        assert library.info("DSGetInfo", stream, 8).value is False


def test_a_frame_that_does_not_fit_is_marked(streaming: Streaming) -> None:
    (buffer,) = streaming.announce(size=50_000)
    streaming.queue(buffer)
    streaming.start()
    streaming.trigger()
    streaming.take()
    assert (streaming.info(buffer, 7), streaming.info(buffer, 29)) == (True, True)
    assert streaming.info(buffer, 27) == 640 * 480
    assert streaming.memory[0].raw[-1:] != b"", "and nothing was written behind it"


def test_frames_without_a_buffer_are_counted(streaming: Streaming, everything: Everything) -> None:
    (buffer,) = streaming.announce()
    streaming.queue(buffer)
    streaming.nodes.TriggerMode.value = "Off"
    streaming.start()
    ids: list[int] = []

    def slow() -> bool:
        """Keeps the only buffer for as long as the camera takes to answer."""
        streaming.take()
        ids.append(0 if streaming.info(buffer, 7) else streaming.info(buffer, 16))
        assert all(streaming.nodes.Width.value == 640 for _ in range(30))
        streaming.queue(buffer)
        return ids[-1] > len(ids)

    wait_until(slow, "a frame found no buffer")
    streaming.stop()
    nodes = node_map(everything.library, everything.stream)
    assert nodes.StreamLostFrameCount.value >= ids[-1] - len(ids) > 0
    assert nodes.StreamIncompleteFrameCount.value >= ids.count(0)


def test_a_wait_for_an_event_ends_when_it_is_killed_unregistered_or_closed(everything: Everything) -> None:
    library = everything.library

    def waits() -> tuple[threading.Thread, list[str]]:
        codes: list[str] = []

        def wait() -> None:
            out = create_string_buffer(64)
            codes.append(library.code("EventGetData", everything.event, out, byref(c_size_t(64)), c_uint64(INFINITE)))

        thread = threading.Thread(target=wait)
        thread.start()
        return thread, codes

    thread, codes = waits()
    library.call("EventKill", everything.event)
    thread.join(PATIENCE_S)
    assert codes == ["GC_ERR_ABORT"]
    library.call("EventKill", everything.event)
    with pytest.raises(GenTLError, match="GC_ERR_ABORT"):  # remembered for the next
        library.event_data(everything.event, 0)
    with pytest.raises(GenTLError, match="GC_ERR_TIMEOUT"):
        library.event_data(everything.event, 0)
    thread, codes = waits()
    library.call("GCUnregisterEvent", everything.stream, c_int32(NEW_BUFFER))
    thread.join(PATIENCE_S)
    assert codes[0] in {"GC_ERR_ABORT", "GC_ERR_INVALID_HANDLE"}
    everything.event = library.handle("GCRegisterEvent", everything.stream, c_int32(NEW_BUFFER))
    thread, codes = waits()
    library.call("TLClose", everything.opened.system)
    thread.join(PATIENCE_S)
    assert codes[0] in {"GC_ERR_ABORT", "GC_ERR_INVALID_HANDLE"}
    for name, handle in (
        ("IFClose", everything.opened.interface),
        ("DevClose", everything.device),
        ("DSClose", everything.stream),
    ):
        assert library.code(name, handle) == "GC_ERR_INVALID_HANDLE", "all below was closed too"


def test_events_are_registered_once_where_there_are_some(everything: Everything) -> None:
    library, out = everything.library, c_void_p()

    def code(source: c_void_p, kind: int) -> str:
        return library.code("GCRegisterEvent", source, c_int32(kind), byref(out))

    assert code(everything.stream, NEW_BUFFER) == "GC_ERR_RESOURCE_IN_USE"
    assert code(everything.device, NEW_BUFFER) == "GC_ERR_NOT_IMPLEMENTED"
    assert code(everything.device, 3) == "GC_ERR_NOT_IMPLEMENTED"
    assert code(everything.device, 77) == "GC_ERR_INVALID_PARAMETER"
    assert library.code("GCUnregisterEvent", everything.device, c_int32(ERROR_EVENT)) == "GC_ERR_INVALID_PARAMETER"
    event = library.handle("GCRegisterEvent", everything.opened.system, c_int32(MODULE_EVENT))
    assert [library.info("EventGetInfo", event, command).value for command in range(3)] == [MODULE_EVENT, 0, 0]
    library.call("EventFlush", event)
    library.call("GCUnregisterEvent", everything.opened.system, c_int32(MODULE_EVENT))
    assert library.code("EventFlush", event) == "GC_ERR_INVALID_HANDLE"


def test_the_cameras_messages_come_as_whole_datagrams(everything: Everything) -> None:
    from genicam.genapi import EventAdapterGEV

    library = everything.library
    nodes = node_map(library, everything.remote)
    event = library.handle("GCRegisterEvent", everything.remote, c_int32(REMOTE_EVENT))
    nodes.EventSelector.value = "Test"
    nodes.EventNotification.value = "On"
    nodes.TestEventGenerate.execute()
    data = library.event_data(event, 20_000)
    assert (data[0], data[2:4], data[10:12]) == (0x42, b"\x00\xc0", b"\x90\x05")
    asked = ("EventGetDataInfo", event, c_char_p(data), c_size_t(len(data)))
    assert [library.info(*asked, command).value for command in range(3)] == ["9005", data, 0x9005]
    adapter = EventAdapterGEV(nodes.pointer)
    adapter.deliver_message(data)
    assert nodes.EventTestTimestamp.value == int.from_bytes(data[16:24], "big")
    del adapter  # before its node map
    with pytest.raises(GenTLError, match="GC_ERR_TIMEOUT"):
        library.event_data(event, 700)  # it was acknowledged, and does not come again
    library.call("GCUnregisterEvent", everything.remote, c_int32(REMOTE_EVENT))
    assert library.read(everything.remote, 0x0B00, 4) == bytes(4), "the channel is closed"


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


def test_the_log_goes_to_stderr_for_who_asks_for_it(producer: Path, camera: Ready) -> None:
    script = f"from tests.interop.gentl_library import Opened\nOpened.open({str(producer)!r}).device({camera.serial!r})"
    environment = {**os.environ, "GENTL_LOG": "debug", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert re.search(r"^gige_vision [\d.]+ lo: \d+ cameras$", done.stderr, re.M)


@pytest.mark.parametrize("sanitizer", ["address", "thread"])
def test_random_calls_from_threads_neither_crash_nor_race(producer: Path, camera: Ready, sanitizer: str) -> None:
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
        [str(program), "4", "1", "4", camera.address, start],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    calls, successes, _ = map(int, re.findall(r"\d+", done.stdout))
    assert calls > successes > 1000


def properties(of: Any) -> dict[str, Any]:
    """All that a class of EMVA's binding tells; of what it cannot, the name of the exception."""
    from genicam import gentl

    told: dict[str, Any] = {}
    for name in dir(type(of)):
        if isinstance(getattr(type(of), name), property) and not name.startswith("_") and name != "thisown":
            try:
                told[name] = getattr(of, name)
            except gentl.GenericException as error:
                told[name] = type(error).__name__
    return told


def test_emvas_binding_reads_every_property_of_every_module(producer: Path, camera: Ready) -> None:
    from genicam import gentl

    library = gentl.GenTLProducer.create_producer()
    library.open(str(producer))
    system = library.create_system()
    system.open()
    with pytest.raises(gentl.ResourceInUseException):
        library.create_system().open()
    system.update_interface_info_list(1000)
    interface = system.interface_info_list[0].create_interface()
    interface.open()
    interface.update_device_info_list(1000)
    (info,) = (info for info in interface.device_info_list if info.serial_number == camera.serial)
    device = info.create_device()
    with pytest.raises(gentl.InvalidParameterException):
        device.open(gentl.DEVICE_ACCESS_FLAGS_LIST.DEVICE_ACCESS_NONE)
    device.open(gentl.DEVICE_ACCESS_FLAGS_LIST.DEVICE_ACCESS_EXCLUSIVE)
    stream = device.create_data_stream()
    with pytest.raises(gentl.InvalidIdException):
        stream.open("Stream7")
    stream.open(device.data_stream_ids[0])
    event = gentl.EventManagerNewBuffer(stream.register_event(gentl.EVENT_TYPE_LIST.EVENT_NEW_BUFFER))
    with pytest.raises(gentl.TimeoutException):
        event.update_event_data(1)
    with pytest.raises(gentl.InvalidBufferException):
        stream.start_acquisition(gentl.ACQ_START_FLAGS_LIST.ACQ_START_FLAGS_DEFAULT, -1)
    memory = bytes(10_000)
    buffer = stream.announce_buffer(gentl.BufferToken(memory, None))
    stream.queue_buffer(buffer)
    with pytest.raises(gentl.BusyException):
        stream.revoke_buffer(buffer)

    ports = [one.port for one in (system, interface, stream)] + [device.local_port, device.remote_port]
    told = {
        "system": properties(system),
        "interface": properties(interface),
        "info": properties(info),
        "device": properties(device),
        "stream": properties(stream),
        "event": properties(event),
        **{f"port {port.name}": properties(port) for port in ports},
    }
    refused = {(of, name) for of, all_of in told.items() for name, value in all_of.items() if "Exception" in str(value)}
    assert refused == {("stream", "num_chunks_max")}
    assert told["system"]["path_name"] == str(producer)
    assert told["device"]["access_status"] == 5
    assert (told["stream"]["num_announced"], told["stream"]["num_queued"]) == (1, 1)
    stream.flush_buffer_queue(gentl.ACQ_QUEUE_TYPE_LIST.ACQ_QUEUE_ALL_DISCARD)
    stream.revoke_buffer(buffer)
    for one in (stream, device, interface, system, library):
        one.close()
    with pytest.raises(gentl.GenericException):
        interface.update_device_info_list(10)


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
