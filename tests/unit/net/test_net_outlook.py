from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tiscam_emu.net.offload import Gso
from tiscam_emu.net.outlook import Outlook
from tiscam_emu.wire.bootstrap import StreamChannelCapability

MS = 1_000_000
DEFAULT = 212_992
NO_OPTIONS = StreamChannelCapability(0)


@dataclass(frozen=True, slots=True)
class To:
    opened: int = 1
    host: str = "127.0.0.1"
    port: int = 50_000
    packet_size: int = 1400
    do_not_fragment: bool = True
    packet_delay_ns: int = 0
    link_bytes_per_s: float = 1e9
    limit_bytes_per_s: float | None = None
    extended_ids: bool = False
    configuration: StreamChannelCapability = NO_OPTIONS


@dataclass
class Computer:
    unseen: bool = True
    buffer_bytes: int = 500_000
    asked: list[tuple[str, int]] = field(default_factory=list)

    def is_unseen(self) -> bool:
        return self.unseen

    def buffer_of(self, host: str, port: int) -> int:
        self.asked.append((host, port))
        return self.buffer_bytes

    def outlook(self, gso: Gso = Gso.AUTO) -> Outlook:
        return Outlook(gso, unseen=self.is_unseen, buffer_of=self.buffer_of)


@pytest.mark.parametrize(
    ("gso", "unseen", "host", "offload"),
    [
        (Gso.AUTO, True, "127.0.0.1", True),
        (Gso.AUTO, False, "127.0.0.1", False),
        (Gso.AUTO, True, "192.0.2.7", False),
        (Gso.AUTO, True, "239.1.2.3", False),
        (Gso.ON, False, "192.0.2.7", True),
        (Gso.OFF, True, "127.0.0.1", False),
    ],
)
def test_offload_is_used_as_told_or_on_loopback_where_nobody_looks(
    gso: Gso, unseen: bool, host: str, offload: bool
) -> None:
    outlook = Computer(unseen).outlook(gso)
    outlook.look(To(host=host), 0)
    assert outlook.offload is offload


def test_only_receivers_on_loopback_are_asked_for_their_buffer() -> None:
    computer = Computer()
    outlook = computer.outlook()
    outlook.look(To(host="192.0.2.7"), 0)
    assert (outlook.buffer_bytes, computer.asked) == (DEFAULT, [])
    outlook.look(To(opened=2), 0)
    assert (outlook.buffer_bytes, computer.asked) == (500_000, [("127.0.0.1", 50_000)])


def test_it_is_looked_again_when_a_stream_is_opened_and_within_a_second() -> None:
    computer = Computer()
    outlook = computer.outlook()
    outlook.look(To(), 0)
    computer.unseen, computer.buffer_bytes = False, 20_000
    outlook.look(To(), 499 * MS)
    assert (outlook.offload, outlook.buffer_bytes) == (True, 500_000)
    outlook.look(To(), 500 * MS)
    assert (outlook.offload, outlook.buffer_bytes) == (False, 20_000)
    computer.unseen = True
    outlook.look(To(opened=2), 501 * MS)
    assert outlook.offload
