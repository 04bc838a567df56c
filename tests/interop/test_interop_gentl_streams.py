"""The GenTL producer's streams: buffers, queues, frames and events."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from ctypes import byref, c_char_p, c_int32, c_size_t, c_uint32, c_uint64, c_void_p, create_string_buffer
from typing import Any

import pytest
from tests.interop.emulator import PATIENCE_S, wait_until
from tests.interop.gentl_fixtures import (
    ERROR_EVENT,
    MODULE_EVENT,
    NEW_BUFFER,
    REMOTE_EVENT,
    Everything,
    node_map,
)
from tests.interop.gentl_library import INFINITE, GenTLError


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
