"""What clients did with cameras, by what a capture has of the control channel."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tiscam_emu.recordings.capture import Datagram, ends_of
from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire import bootstrap, gvcp, gvcp_codec
from tiscam_emu.wire.gvcp import Command
from tiscam_emu.wire.gvcp_layouts import COMMAND_HEADER

DEFAULT_HEARTBEAT_MS = 3000
_CCP = bootstrap.CONTROL_CHANNEL_PRIVILEGE.address
_HEARTBEAT = bootstrap.HEARTBEAT_TIMEOUT.address
_PACKET_SIZE = bootstrap.STREAM_CHANNEL_PACKET_SIZE.address
_PACKET_SIZE_BITS = 0xFFFF
_WRITES_NO_ANSWER = frozenset({int(Command.PACKETRESEND_CMD)})
_MOST_CAMERAS, _MOST_CLIENTS, _MOST_PENDING, _MOST_SESSIONS = 256, 256, 256, 1000
_NAMES = {command.value: command.name.removesuffix("_CMD") for command in Command}


@dataclass(slots=True)
class Session:
    """State: a time in which a client had control: when it took it and gave it back, None if it did not."""

    begin_ns: Nanoseconds
    end_ns: Nanoseconds | None = None


@dataclass(slots=True)
class Client:
    """State: what one client asked of one camera.

    Attributes
    ----------
    commands, refused
        How many of each kind, and acknowledges of each error status.
    repeated, unanswered
        Commands sent again with the same number; and those whose acknowledge did not come.
    asked_again
        Stream packets asked for again; None in place of a last one counts as one.
    heartbeat_ms, silence_ns
        The timeout in force, and the longest time without a command while in control.
    packet_size
        The last one written; 0 for none.
    """

    address: str
    commands: Counter[str] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    repeated: int = 0
    unanswered: int = 0
    asked_again: int = 0
    heartbeat_ms: int = DEFAULT_HEARTBEAT_MS
    silence_ns: Nanoseconds = 0
    packet_size: int = 0
    sessions: list[Session] = field(default_factory=list)
    _pending: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    _last_ns: Nanoseconds = 0
    _last_id: int = 0

    @property
    def in_control(self) -> bool:
        """Whether it has taken control and not given it back."""
        return bool(self.sessions) and self.sessions[-1].end_ns is None

    def commanded(self, data: bytes, now: Nanoseconds) -> None:
        """Look at a command."""
        _, flags, command, _, req_id = COMMAND_HEADER.unpack_from(data)
        if self.in_control:
            self.silence_ns = max(self.silence_ns, now - self._last_ns)
        self._last_ns = now
        if req_id == self._last_id and command not in _WRITES_NO_ANSWER:
            self.repeated += 1
            return
        self._last_id = req_id
        self.commands[_NAMES.get(command, f"0x{command:04X}")] += 1
        if command == Command.PACKETRESEND_CMD:
            self._count_resend(data)
        elif flags & gvcp.CommandFlag.ACK_REQUIRED:
            if len(self._pending) >= _MOST_PENDING:
                self._pending.pop(next(iter(self._pending)))
            self._pending[req_id] = command, data
            self.unanswered += 1

    def _count_resend(self, data: bytes) -> None:
        try:
            asked = gvcp_codec.parse_command(data)
        except gvcp.GvcpParseError:
            return
        if isinstance(asked, gvcp.PacketResendCmd):
            last = asked.first_packet_id if asked.last_packet_id is None else asked.last_packet_id
            self.asked_again += max(0, last - asked.first_packet_id) + 1

    def acknowledged(self, data: bytes, now: Nanoseconds) -> None:
        """Look at an acknowledge."""
        header = gvcp_codec.parse_ack_header(data)
        if header is None or header.ack == Command.PENDING_ACK:
            return
        command, asked = self._pending.pop(header.ack_id, (0, b""))
        if not command:
            return
        self.unanswered -= 1
        if header.status & 0x8000:
            self.refused[header.status] += 1
        else:
            self._written(_writes(asked), now)

    def _written(self, pairs: tuple[tuple[int, int], ...], now: Nanoseconds) -> None:
        for address, value in pairs:
            if address == _CCP and value & 0x3 and not self.in_control and len(self.sessions) < _MOST_SESSIONS:
                self.sessions.append(Session(now))
            elif address == _CCP and not value & 0x3 and self.in_control:
                self.sessions[-1].end_ns = now
            elif address == _HEARTBEAT:
                self.heartbeat_ms = value
            elif address == _PACKET_SIZE and value & _PACKET_SIZE_BITS:
                self.packet_size = value & _PACKET_SIZE_BITS


def _writes(data: bytes) -> tuple[tuple[int, int], ...]:
    """Addresses and values that a command writes to whole registers."""
    try:
        asked = gvcp_codec.parse_command(data)
    except gvcp.GvcpParseError:
        return ()
    if isinstance(asked, gvcp.WriteRegCmd):
        return asked.pairs
    if isinstance(asked, gvcp.WriteMemCmd) and len(asked.data) == 4:
        return ((asked.address, int.from_bytes(asked.data, "big")),)
    return ()


@dataclass(slots=True)
class SeenCamera:
    """State: who a camera says it is, and who its clients are."""

    address: str
    maker: str = ""
    model: str = ""
    serial: str = ""
    clients: dict[tuple[str, int], Client] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Maker and model, as far as it has told them."""
        return " ".join(filter(None, (self.maker, self.model)))

    def read(self, address: int, data: bytes) -> None:
        """Look at what it answered for an address of its registers."""
        self.maker = _text(bootstrap.MANUFACTURER_NAME, address, data) or self.maker
        self.model = _text(bootstrap.MODEL_NAME, address, data) or self.model
        self.serial = _text(bootstrap.SERIAL_NUMBER, address, data) or self.serial


def _text(register: bootstrap.BootstrapRegister, address: int, data: bytes) -> str:
    """A register's text in data read from an address; empty if it is not all in them."""
    begin = register.address - address
    if begin < 0 or begin + register.length > len(data):
        return ""
    raw = data[begin : begin + register.length].split(b"\0")[0]
    return "".join(letter for letter in raw.decode("latin-1") if letter.isprintable())


class ControlLog:
    """State: the cameras and clients seen so far."""

    def __init__(self) -> None:
        self.cameras: dict[str, SeenCamera] = {}

    def add(self, datagram: Datagram) -> None:
        """Look at one datagram; what is not to or from the port of control is left alone."""
        data = datagram.data
        if datagram.start or len(data) < gvcp.HEADER_BYTES:
            return
        to_camera = int.from_bytes(datagram.ends[10:12], "big") == gvcp.GVCP_PORT
        if not to_camera and int.from_bytes(datagram.ends[8:10], "big") != gvcp.GVCP_PORT:
            return
        source, source_port, destination, destination_port = ends_of(datagram.ends)
        if not to_camera:
            self._answered(source, (destination, destination_port), datagram)
        elif data[0] == gvcp.COMMAND_KEY and not is_broadcast(destination):
            camera = self._camera(destination)
            client = self._client(camera, source, source_port) if camera is not None else None
            if client is not None:
                client.commanded(data, datagram.time_ns)

    def _answered(self, host: str, peer: tuple[str, int], datagram: Datagram) -> None:
        camera, data = self._camera(host), datagram.data
        if camera is None:
            return
        kind = int.from_bytes(data[2:4], "big")
        if kind == Command.DISCOVERY_ACK and len(data) >= gvcp.HEADER_BYTES + gvcp.DISCOVERY_BYTES:
            camera.read(0, data[gvcp.HEADER_BYTES :])
        elif kind == Command.READMEM_ACK and len(data) > gvcp.HEADER_BYTES + 4:
            camera.read(int.from_bytes(data[8:12], "big"), data[12:])
        if peer in camera.clients:
            camera.clients[peer].acknowledged(data, datagram.time_ns)

    def _camera(self, address: str) -> SeenCamera | None:
        if address not in self.cameras and len(self.cameras) < _MOST_CAMERAS:
            self.cameras[address] = SeenCamera(address)
        return self.cameras.get(address)

    @staticmethod
    def _client(camera: SeenCamera, host: str, port: int) -> Client | None:
        if (host, port) not in camera.clients and len(camera.clients) < _MOST_CLIENTS:
            camera.clients[host, port] = Client(f"{host}:{port}")
        return camera.clients.get((host, port))


def is_broadcast(address: str) -> bool:
    """Whether a datagram to this address is for all cameras."""
    return address.endswith(".255")
