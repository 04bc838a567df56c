"""Control engine, camera, renderer and stream channel joined without network, on a clock that the test moves."""

from __future__ import annotations

import numpy as np
import pytest

from tiscam_emu.camera.core import Camera, load
from tiscam_emu.camera.imaging.schedule import Exposure
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.stream.transport import StreamSettings
from tiscam_emu.errors import Status
from tiscam_emu.features.codec import encode
from tiscam_emu.features.kinds import Command, Value
from tiscam_emu.gvcp.effects import Effect, ResendRequested, SendDatagram
from tiscam_emu.gvcp.engine import ControlEngine
from tiscam_emu.gvcp.mistakes import Kind
from tiscam_emu.gvsp.all_in import AllInPacket
from tiscam_emu.gvsp.channel import OutgoingFrame, StreamChannel
from tiscam_emu.gvsp.description import leader_and_trailer, leader_and_trailer_of_parts, part_lengths
from tiscam_emu.gvsp.multi_part import MultiPartTable
from tiscam_emu.gvsp.packets import FrameTable, PacketTable
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.scenes.scene import load_scene
from tiscam_emu.wire import gvcp, gvcp_codec
from tiscam_emu.wire.bootstrap import StreamChannelCapability
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.gvsp import Packet, parse_packet

CCP, SCP, SCPS, SCDA = 0x0A00, 0x0D00, 0x0D04, 0x0D18
LOOPBACK = 0x7F00_0001
SEED = 7

FORGIVEN = {Kind.IGNORED_WRITE, Kind.FITTED_WRITE}


class Pair:
    """State: a camera and one client, with every stream packet the client has got.

    Frames are rendered the moment their exposure opens, and packets arrive the moment they are sent.
    """

    def __init__(self, model: str, options: CameraOptions | None = None) -> None:
        self.camera = Camera(load(model), options)
        self.engine = ControlEngine(self.camera)
        self.channel = StreamChannel()
        self.renderer = self.new_renderer()
        self.client = Endpoint("127.0.0.1", 50_000)
        self.now = 0
        self.received: list[tuple[int, Packet]] = []
        self.datagram_sizes: list[int] = []
        self.exposures: list[Exposure] = []
        self._req_id = 0

    def new_renderer(self) -> Renderer:
        """A renderer that makes the frames this camera makes."""
        return Renderer(self.camera.model.sensor, load_scene("gradient"), seed=SEED)

    def send(self, command: gvcp.Cmd, peer: Endpoint | None = None) -> gvcp.Ack | None:
        """Send a command at the present; the acknowledge, if there is one."""
        datagram = gvcp_codec.build_command(command)
        ack = self._carry_out(self.engine.receive(datagram, peer or self.client, self.now))
        self._let_time_pass()
        return ack

    def read(self, address: int) -> int | Status:
        ack = self.send(gvcp.ReadRegCmd(self._next_id(), (address,)))
        assert ack is not None
        return ack.values[0] if isinstance(ack, gvcp.ReadRegAck) and not ack.status else Status(ack.status)

    def write(self, *pairs: tuple[int, int]) -> Status:
        """One WRITEREG."""
        ack = self.send(gvcp.WriteRegCmd(self._next_id(), pairs))
        assert ack is not None
        return Status(ack.status)

    def set(self, **values: Value) -> None:
        """One WRITEMEM per feature; all have to succeed, with nothing to forgive."""
        for name, value in values.items():
            feature = self.camera.model.features[name]
            declaration = feature.declaration
            data = encode(feature, declaration.code if isinstance(declaration, Command) else value)
            selector = declaration.selected_by
            index = int(self.camera.state[selector]) if selector else 0
            address = feature.slot.address + index * feature.slot.stride
            ack = self.send(gvcp.WriteMemCmd(self._next_id(), address, data))
            assert ack == gvcp.WriteMemAck(self._req_id, len(data)), name
            assert not {mistake.kind for mistake in self.engine.mistakes} & FORGIVEN, name

    def open(self, packet_size: int = 1000, port: int = 40_000) -> None:
        """Take control and open the stream channel, as clients do."""
        assert self.write((CCP, 2)) is Status.SUCCESS
        assert self.write((SCPS, packet_size), (SCDA, LOOPBACK), (SCP, port)) is Status.SUCCESS

    def advance(self, to: int) -> None:
        """Let time pass until `to`, waking up whenever a part asks for it."""
        while (wakeup := self._wakeup()) is not None and wakeup <= to:
            self.now = max(self.now, wakeup)
            self._let_time_pass()
        self.now = to
        self._let_time_pass()

    def blocks(self) -> dict[int, list[Packet]]:
        """Received packets by block id."""
        blocks: dict[int, list[Packet]] = {}
        for _, packet in self.received:
            blocks.setdefault(packet.header.block_id, []).append(packet)
        return blocks

    def expected_payload(self, exposure: Exposure) -> bytes:
        """The frame rendered anew, by itself."""
        payload = np.empty(exposure.request.payload_bytes(), np.uint8)
        self.new_renderer().render(exposure.request, payload)
        return payload.tobytes()

    def _next_id(self) -> int:
        self._req_id += 1
        return self._req_id

    def _wakeup(self) -> int | None:
        parts = (self.engine, self.camera, self.channel)
        return min((w for w in (part.next_wakeup() for part in parts) if w is not None), default=None)

    def _let_time_pass(self) -> None:
        self._carry_out(self.engine.advance(self.now))
        for exposure in self.camera.advance(self.now):
            self.exposures.append(exposure)
            if self.camera.stream.port:
                self.channel.enqueue(self._frame(exposure))
        if self.camera.take_test_packet_request():
            self.channel.request_test_packet(self.camera.stream)
        if self.camera.take_reset_request():
            self.engine.reset(self.now)
            self.channel.discard()
        while (burst := self.channel.due(self.now)) is not None:
            self.datagram_sizes += [len(packet) for packet in burst.packets]
            self.received += [(burst.destination.port, parse_packet(bytes(packet))) for packet in burst.packets]

    def _frame(self, exposure: Exposure) -> OutgoingFrame:
        stream, request = self.camera.stream, exposure.request
        image = np.empty(request.payload_bytes(), np.uint8)
        self.renderer.render(request, image)
        payload = np.concatenate((image, np.frombuffer(exposure.chunk_tail, np.uint8)))
        table = self._table(image.size, len(exposure.chunk_tail), stream)
        table.write(0, payload)
        if isinstance(table, MultiPartTable):
            table.head(*leader_and_trailer_of_parts(request, len(exposure.chunk_tail)))
        else:
            table.head(*leader_and_trailer(request, exposure.chunk_tail, stream.configuration))
        return OutgoingFrame(table, exposure.ready_ns, stream, exposure.end_ns)

    def _table(self, image_bytes: int, chunk_bytes: int, stream: StreamSettings) -> FrameTable:
        extended = stream.extended_ids
        payload_bytes = image_bytes + chunk_bytes
        if stream.configuration & StreamChannelCapability.MULTI_PART:
            return MultiPartTable(part_lengths(image_bytes, chunk_bytes), stream.packet_size)
        if stream.configuration & StreamChannelCapability.ALL_IN:
            return AllInPacket(payload_bytes, stream.packet_size, extended=extended)
        spare = self.channel.spare_table(payload_bytes, stream.packet_size, extended=extended)
        return spare or PacketTable(payload_bytes, stream.packet_size, extended=extended)

    def _carry_out(self, effects: list[Effect]) -> gvcp.Ack | None:
        acks = [gvcp_codec.parse_ack(effect.data) for effect in effects if isinstance(effect, SendDatagram)]
        for effect in effects:
            if isinstance(effect, ResendRequested) and not effect.channel:
                self.channel.request_resend(
                    effect.block_id,
                    effect.first,
                    effect.last,
                    self.now,
                    marked=self.camera.extended_status_1_1,
                    requester=self.camera.resend_destination(effect.peer),
                )
        return acks[0] if acks else None


@pytest.fixture
def pair() -> Pair:
    return Pair("33GP1300")
