"""Where a stream goes and how: what the stream channel's registers say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire.bootstrap import StreamChannelCapability
from tiscam_emu.wire.endpoint import Endpoint


class Destination(Protocol):
    """Settings of the stream channel, latched with each frame."""

    @property
    def host(self) -> str:
        """SCDA, dotted."""
        ...

    @property
    def port(self) -> int:
        """The host port of SCP; 0 means closed."""
        ...

    @property
    def packet_size(self) -> int:
        """SCPS: bytes of a full packet, IP, UDP and GVSP headers included."""
        ...

    @property
    def do_not_fragment(self) -> bool:
        """The DF bit of every packet."""
        ...

    @property
    def packet_delay_ns(self) -> Nanoseconds:
        """SCPD: the gap between packets."""
        ...

    @property
    def link_bytes_per_s(self) -> float:
        """The camera's link rate."""
        ...

    @property
    def limit_bytes_per_s(self) -> float | None:
        """Most that may be sent, headers included; None: as much as the link takes."""
        ...

    @property
    def opened(self) -> int:
        """Counts openings of the channel: block ids begin at 1 with each."""
        ...

    @property
    def extended_ids(self) -> bool:
        """GVSP Configuration: whether block and packet ids are 64 and 32 bits wide."""
        ...

    @property
    def configuration(self) -> StreamChannelCapability:
        """SCCFG: the options that are switched on."""
        ...


@dataclass(frozen=True, slots=True)
class ResendDestination:
    """A stream's destination but for the address: whoever asked for packets again gets them."""

    host: str
    port: int
    packet_size: int
    do_not_fragment: bool
    packet_delay_ns: Nanoseconds
    link_bytes_per_s: float
    limit_bytes_per_s: float | None
    opened: int
    extended_ids: bool
    configuration: StreamChannelCapability


def redirected(stream: Destination, requester: Endpoint | None) -> Destination:
    """Where the answer to a request goes: to the requester, or where the stream goes."""
    if requester is None:
        return stream
    return ResendDestination(
        requester.host,
        requester.port,
        stream.packet_size,
        stream.do_not_fragment,
        stream.packet_delay_ns,
        stream.link_bytes_per_s,
        stream.limit_bytes_per_s,
        stream.opened,
        stream.extended_ids,
        stream.configuration,
    )
