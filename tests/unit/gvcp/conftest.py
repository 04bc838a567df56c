"""A control engine on a tiny in-memory device, with two clients."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tiscam_emu.errors import InvalidAddress, ReadOnly, RegisterError, Status
from tiscam_emu.gvcp.effects import SendDatagram
from tiscam_emu.gvcp.engine import ControlEngine
from tiscam_emu.units import NS_PER_MS
from tiscam_emu.wire import gvcp, gvcp_codec
from tiscam_emu.wire.endpoint import Endpoint


class FakeDevice:
    """Registers 0xA000 to 0xA3FC, of which 0xA000 is read-only; CCP is kept as the engine tells it."""

    def __init__(self) -> None:
        self.words: dict[int, int] = dict.fromkeys((0x0A00, *range(0xA000, 0xA400, 4)), 0)
        self.log: list[tuple[object, ...]] = []
        self.accessed_ns = -1
        self.heartbeat_timeout_ms = 3000
        self.heartbeat_disabled = False
        self.switchover_key = 0x1234
        self.mac = bytes.fromhex("0207060504ff")
        self.unconditional_action = False
        self.extended_status_2_0 = False
        self.pending_ack_enabled = False
        self.discovery_ack_delay_ms = 0
        self.address = "192.168.0.9"
        self.action_status: Status | None = Status.SUCCESS
        self.write_duration_ns = 0
        self.forgiven: list[RegisterError] = []

    def read(self, address: int, length: int, now: int) -> bytes:
        self.accessed_ns = now
        for word in range(address, address + length, 4):
            if word not in self.words:
                raise InvalidAddress(word)
        return b"".join(self.words[word].to_bytes(4, "big") for word in range(address, address + length, 4))

    def write(self, address: int, data: bytes, now: int) -> None:
        self.accessed_ns = now
        for word in range(address, address + len(data), 4):
            self._check_writable(word)
        for offset in range(0, len(data), 4):
            self.words[address + offset] = int.from_bytes(data[offset : offset + 4], "big")
        self.log.append(("write", address, data))

    def write_pairs(self, pairs: Sequence[tuple[int, int]], now: int) -> tuple[int, Status]:
        self.accessed_ns = now
        self.log.append(("write_pairs", tuple(pairs)))
        for count, (address, value) in enumerate(pairs):
            try:
                self._check_writable(address)
            except RegisterError as error:
                return count, error.status
            self.words[address] = value
        return len(pairs), Status.SUCCESS

    def take_forgiven(self) -> list[RegisterError]:
        forgiven, self.forgiven = self.forgiven, []
        return forgiven

    def take_write_duration(self) -> int:
        duration, self.write_duration_ns = self.write_duration_ns, 0
        return duration

    def execute_action(
        self, device_key: int, group_key: int, group_mask: int, action_time: int | None, now: int
    ) -> Status | None:
        self.log.append(("execute_action", device_key, group_key, group_mask, action_time, now))
        return self.action_status

    def force_ip(self, address: str, mask: str, gateway: str, now: int) -> bool:
        self.log.append(("force_ip", address, mask, gateway, now))
        return address in {self.address, "0.0.0.0"}

    def reaches(self, host: str) -> bool:
        return host.startswith("192.168.0.")

    def discovery(self) -> bytes:
        return bytes(range(248))

    def control_changed(self, ccp: int, owner: Endpoint | None, now: int) -> None:
        self.words[0x0A00] = ccp
        self.log.append(("control_changed", ccp, owner, now))

    def release(self, now: int) -> None:
        self.log.append(("release", now))

    def _check_writable(self, address: int) -> None:
        if address not in self.words:
            raise InvalidAddress(address)
        if address == 0xA000:
            raise ReadOnly("Constant")


class Bench:
    """Engine, device and a clock; `a` and `b` are clients on one host."""

    a = Endpoint("192.168.0.5", 50000)
    b = Endpoint("192.168.0.5", 50001)

    def __init__(self) -> None:
        self.device = FakeDevice()
        self.engine = ControlEngine(self.device)
        self.now = 0
        self._req_id = 100

    def raw(self, hex_bytes: str, peer: Endpoint = a) -> str | None:
        """Answer to these bytes as hex, None if there is none."""
        effects = self.engine.receive(bytes.fromhex(hex_bytes), peer, self.now)
        if not effects:
            return None
        (effect,) = effects
        assert isinstance(effect, SendDatagram)
        assert effect.peer == peer
        return effect.data.hex()

    def send(self, command: gvcp.Cmd, peer: Endpoint = a) -> gvcp.Ack | None:
        answer = self.raw(gvcp_codec.build_command(command).hex(), peer)
        return None if answer is None else gvcp_codec.parse_ack(bytes.fromhex(answer))

    def write(self, address: int, value: int, peer: Endpoint = a) -> Status:
        """WRITEREG with a fresh request id."""
        ack = self.send(gvcp.WriteRegCmd(self._next_id(), ((address, value),)), peer)
        assert isinstance(ack, gvcp.WriteRegAck)
        assert ack.index == (1 if ack.status is Status.SUCCESS else 0)
        return ack.status

    def read(self, address: int, peer: Endpoint = a) -> int | Status:
        """READREG with a fresh request id: the value, or why not."""
        ack = self.send(gvcp.ReadRegCmd(self._next_id(), (address,)), peer)
        assert ack is not None
        return ack.values[0] if isinstance(ack, gvcp.ReadRegAck) else ack.status

    def wait_ms(self, ms: int) -> None:
        self.now += ms * NS_PER_MS
        assert self.engine.advance(self.now) == []

    def _next_id(self) -> int:
        self._req_id += 1
        return self._req_id


@pytest.fixture
def bench() -> Bench:
    return Bench()
