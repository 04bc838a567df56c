"""Where a stream goes and how: what the stream channel's registers say."""

from __future__ import annotations

from typing import Protocol

from tiscam_emu.units import Nanoseconds


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
    def opened(self) -> int:
        """Counts openings of the channel: block ids begin at 1 with each."""
        ...
