"""What goes between a client and a camera, for captures made for tests."""

from __future__ import annotations

from tests.unit.recordings import made

from tiscam_emu.errors import Status
from tiscam_emu.recordings.handover import Flow
from tiscam_emu.wire import gvcp, gvcp_codec

ASKED = Flow("10.0.0.2", 40_000, "10.0.0.7", 3956)
ANSWERED = Flow("10.0.0.7", 3956, "10.0.0.2", 40_000)


class Talk:
    """State: what goes between a client and a camera, and the time."""

    def __init__(self) -> None:
        self.packets: list[made.Timed] = []
        self.at_s = made.BEGAN_S
        self.number = 0

    def ask(self, command: gvcp.Cmd, *, wait_s: float = 0.1) -> None:
        self.at_s += wait_s
        self.packets += made.over_ip([gvcp_codec.build_command(command)], ASKED, at_s=self.at_s)

    def answer(self, ack: gvcp.Ack, *, flow: Flow = ANSWERED) -> None:
        self.at_s += 0.001
        self.packets += made.over_ip([gvcp_codec.build_ack(ack)], flow, at_s=self.at_s)

    def write(self, address: int, value: int, status: int = 0, *, wait_s: float = 0.1) -> None:
        self.number += 1
        self.ask(gvcp.WriteRegCmd(self.number, ((address, value),), flags=1), wait_s=wait_s)
        self.answer(gvcp.WriteRegAck(self.number, 1, status=Status(status)))

    def read(self, address: int = 0x0A00, *, wait_s: float = 0.1) -> None:
        self.number += 1
        self.ask(gvcp.ReadRegCmd(self.number, (address,), flags=1), wait_s=wait_s)
        self.answer(gvcp.ReadRegAck(self.number, (2,)))

    def memory(self, address: int, data: bytes) -> None:
        self.number += 1
        self.ask(gvcp.ReadMemCmd(self.number, address, len(data), flags=1))
        self.answer(gvcp.ReadMemAck(self.number, address, data))
