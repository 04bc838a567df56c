"""What is fuzzed: a whole camera behind its control engine, and the parsers, under a script of datagrams.

A script is a sequence of steps of one command byte, one length byte and so many bytes: the lowest bit of the command
says who sends (the client in control or a stranger), the rest how many tens of milliseconds pass before. Longer
datagrams take the two lengths together. Whatever happens, no exception leaves the engines, no answer goes to anybody
but the sender or is longer than GVCP allows, a stranger changes nothing while another has control, and every number
stays within its limits.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache

from tiscam_emu.camera.core import Camera, load
from tiscam_emu.gvcp.effects import SendDatagram
from tiscam_emu.gvcp.engine import ControlEngine
from tiscam_emu.gvcp.messages import MessageChannel
from tiscam_emu.units import NS_PER_MS
from tiscam_emu.wire import gvcp, gvcp_codec, gvsp
from tiscam_emu.wire.endpoint import Endpoint

MODEL = "39GX265-Z20"
OWNER, STRANGER = Endpoint("127.0.0.1", 50_000), Endpoint("127.0.0.1", 50_001)
LONGEST_ANSWER_BYTES = 548
STEPS = 64


@cache
def _camera() -> Camera:
    return Camera(load(MODEL))


def steps(script: bytes) -> Iterator[tuple[int, bytes]]:
    """Command byte and datagram of every step."""
    at = 0
    for _ in range(STEPS):
        if at + 2 > len(script):
            return
        command, length = script[at], script[at + 1]
        if length == 0xFF and at + 3 <= len(script):
            length += script[at + 2]
            at += 1
        yield command, script[at + 2 : at + 2 + length]
        at += 2 + length


def run(script: bytes) -> None:
    """Play one script; raises if a promise is broken."""
    camera = _camera()
    now = camera.state.now
    camera.state.reset_requested = camera.state.factory_reset_requested = True
    camera.take_reset_request()
    engine, messages = ControlEngine(camera), MessageChannel()
    camera.release(now)
    camera.control_changed(0, None, now)
    engine.receive(gvcp_codec.build_command(gvcp.WriteRegCmd(1, ((0x0A00, 2),), flags=1)), OWNER, now)
    for command, datagram in steps(script):
        now += (command >> 1) * 10 * NS_PER_MS
        peer = STRANGER if command & 1 else OWNER
        controller = engine.controller
        engine.advance(now)
        camera.advance(now)
        before = camera.state.generation
        for effect in engine.receive(datagram, peer, now):
            if isinstance(effect, SendDatagram):
                assert effect.peer == peer or effect.data[2:4] == b"\x00\x83" or effect.data[2:4] == b"\x00\x87"
                assert len(effect.data) <= LONGEST_ANSWER_BYTES
        if peer == STRANGER and controller == engine.controller == OWNER:
            assert camera.state.generation == before, datagram.hex()
        messages.configure(camera.message_settings)
        for message in camera.take_messages():
            messages.post(message, now)
        messages.receive(datagram, peer, now)
        _parse_everything(datagram)
        if camera.take_reset_request():
            engine.reset(now)
    _check_numbers(camera)


def _check_numbers(camera: Camera) -> None:
    """Whatever was written was fitted: every number lies within its live limits."""
    state = camera.state
    for name, feature in state.features.items():
        if feature.limits is not None and not feature.declaration.port and not feature.declaration.alias_of:
            assert state.limits(name).holds(state[name]), name


def _parse_everything(datagram: bytes) -> None:
    with contextlib.suppress(gvcp.GvcpParseError):
        gvcp_codec.parse_ack(datagram)
    for parse in (gvsp.parse_packet, gvsp.parse_image_leader, gvsp.parse_image_trailer):
        with contextlib.suppress(gvsp.GvspParseError):
            parse(datagram)
