"""The GenTL producer by the standard: every function of it, used well and badly."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from ctypes import byref, c_char_p, c_int32, c_size_t, c_uint64, c_void_p, create_string_buffer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.interop.emulator import Ready, wait_until
from tests.interop.gentl_fixtures import (
    Everything,
    node_map,
)
from tests.interop.gentl_library import FUNCTIONS, GenTLError, Library, Opened, arguments_of

OF_GENTL_1_6 = {
    "DSAnnounceCompositeBuffer",
    "DSGetBufferSegmentInfo",
    "DSGetFlowInfo",
    "DSGetNumBufferSegments",
    "DSGetNumFlows",
}


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


def test_infos_tell_what_the_camera_is(everything: Everything, gentl_camera: Ready) -> None:
    library = everything.library
    (camera_id,) = (
        one for one in everything.opened.ids() if one == library.info("DevGetInfo", everything.device, 0).value
    )
    for command, value in {
        1: "The Imaging Source Europe GmbH",
        2: gentl_camera.model,
        3: "GEV",
        7: gentl_camera.serial,
    }.items():
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


def test_selectors_lead_through_interfaces_and_cameras(everything: Everything, gentl_cameras: dict[str, Ready]) -> None:
    library = everything.library
    system = node_map(library, everything.opened.system)
    system.InterfaceUpdateList.execute()
    assert (system.InterfaceSelector.max, system.InterfaceID.value, system.TLType.value) == (0, "lo", "GigEVision")
    interface = node_map(library, everything.opened.interface)
    interface.DeviceUpdateList.execute()
    wait_until(lambda: interface.DeviceSelector.max >= len(gentl_cameras) - 1, "all cameras found")
    seen = {}
    for index in range(interface.DeviceSelector.max + 1):
        interface.DeviceSelector.value = index
        seen[interface.DeviceSerialNumber.value] = (
            interface.DeviceModelName.value,
            interface.GevDeviceIPAddress.value,
            interface.DeviceAccessStatus.value,
        )
    for ready in gentl_cameras.values():
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


def test_the_log_goes_to_stderr_for_who_asks_for_it(producer: Path) -> None:
    script = f"from tests.interop.gentl_library import Opened\nOpened.open({str(producer)!r}).close()"
    environment = {**os.environ, "GENTL_LOG": "debug", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert re.search(r"^gige_vision [\d.]+ lo: \d+ cameras$", done.stderr, re.M)


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


def test_emvas_binding_reads_every_property_of_every_module(producer: Path, gentl_camera: Ready) -> None:
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
    (info,) = (info for info in interface.device_info_list if info.serial_number == gentl_camera.serial)
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
