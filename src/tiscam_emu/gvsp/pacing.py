"""When packets may leave, so that neither the link nor the receiver's socket buffer overflows."""

from __future__ import annotations

import math

from tiscam_emu.gvsp.destination import Destination
from tiscam_emu.units import NS_PER_MS, NS_PER_S, NS_PER_US, Nanoseconds
from tiscam_emu.wire.gvsp import IP_UDP_HEADER_BYTES

DEFAULT_RECEIVE_BUFFER_BYTES = 212_992
"""Of a socket on Linux whose owner asks for no other."""

BURST_BYTES = 48_000
BURST_PACKETS = 32
"""Bounds of one burst for such a buffer, in proportion for others. It holds about 92 packets of 1400 bytes or 11 of
9000: a burst must leave room for the next one, because the receiver may be scheduled late."""

MOST_PACKETS = 128
LONGEST_BURST_NS = 1 * NS_PER_MS
"""However large the buffer: more spares nothing, and comes as a jolt."""

LONGEST_STRETCH_NS = 250 * NS_PER_MS
"""So much of a frame is sent in one go at most: then the way is looked at again."""

SHORTEST_GAP_NS = 50 * NS_PER_US
"""Shorter packet delays are finer than an operating system sleeps: they are gathered, and only their average holds."""

_SHORTEST_BURST_NS = 20 * NS_PER_US
_HEADROOM = 1.03
_GAP_SHARE = 0.75
"""Shortest gap between bursts while lost time is made good, of what a burst takes the link."""

_OVERSLEPT_SHARE = 0.3
"""A wakeup that is late by up to this share of a burst does not delay the bursts behind it: every one is late."""

_FORGIVEN_NS = 20 * NS_PER_MS
"""Time lost beyond this is not made good."""

_FORGIVEN_OF_LIMIT_NS = 5 * NS_PER_MS
"""The same under a bandwidth limit: it holds over any window, but for what it allows in this time and a burst."""


def sending_ns(payload_bytes: int, packets: int, to: Destination) -> float:
    """About how long a frame takes on its way."""
    rate = min(to.link_bytes_per_s, to.limit_bytes_per_s or math.inf)
    return payload_bytes / rate * NS_PER_S + packets * to.packet_delay_ns


class LinkPacer:
    """State: how far the link's modelled transmission is, and when the next burst may be handed to it.

    A link of the camera's rate sends packet after packet, with SCPD between them. The operating system cannot wake a
    sender per packet, so packets leave in bursts: the next one when the link would have finished the last. After a late
    wakeup bursts follow each other faster, by up to a third, until the average is restored; none grows, or a receiver
    as busy as this computer seems to be would lose more than it may ask for again.

    The link rate counts image data, as the cameras' frame-rate limit does, whatever the headers take: a stream slower
    than that limit would have to skip frames. At the limit the link is never idle, so it is taken a little faster than
    modelled; else no lost time could be made good. Leaders, trailers and short last packets take what their bytes do.

    A bandwidth limit counts whole packets, and is kept as it stands, without the headroom of the link.
    """

    __slots__ = (
        "_byte_ns",
        "_delay_ns",
        "_earliest_ns",
        "_forgiven_ns",
        "_link_free_ns",
        "_packet_ns",
        "burst_packets",
        "next_ns",
    )

    def __init__(self) -> None:
        self.burst_packets = 1
        self._byte_ns = 0.0
        self._delay_ns = 0
        self._packet_ns = 1.0
        self._forgiven_ns = _FORGIVEN_NS
        self._link_free_ns = 0.0
        self._earliest_ns = 0.0
        self.next_ns: Nanoseconds = 0
        """When the next burst may leave."""

    def configure(
        self,
        packet_size: int,
        header_bytes: int,
        link_bytes_per_s: float,
        packet_delay_ns: Nanoseconds,
        limit_bytes_per_s: float | None = None,
        *,
        receive_buffer_bytes: int = DEFAULT_RECEIVE_BUFFER_BYTES,
    ) -> None:
        """Set what a packet costs the link: its data at the link rate, or all of it at the limit, and SCPD.

        Parameters
        ----------
        packet_size, header_bytes
            SCPS, and what of it are GVSP headers.
        limit_bytes_per_s
            Most that may be sent, headers included; None: as much as the link takes.
        receive_buffer_bytes
            What the receiver's socket can hold.
        """
        data_bytes = packet_size - IP_UDP_HEADER_BYTES - header_bytes
        own_ns = data_bytes / (link_bytes_per_s * _HEADROOM) * NS_PER_S
        if limit_bytes_per_s is not None:
            own_ns = max(own_ns, packet_size / limit_bytes_per_s * NS_PER_S)
        self._byte_ns = own_ns / packet_size
        self._delay_ns = packet_delay_ns
        self._packet_ns = packet_ns = own_ns + packet_delay_ns
        usual = min(float(BURST_PACKETS), BURST_BYTES / packet_size)
        held = usual * receive_buffer_bytes / DEFAULT_RECEIVE_BUFFER_BYTES
        larger = min(held, MOST_PACKETS, LONGEST_BURST_NS / packet_ns) if limit_bytes_per_s is None else 0.0
        gathered = max(1, int(min(held, max(usual, larger))))
        if packet_ns * gathered < _SHORTEST_BURST_NS:  # a link faster than any that is modelled
            gathered = max(gathered, min(BURST_PACKETS, int(_SHORTEST_BURST_NS / packet_ns)))
        self.burst_packets = 1 if packet_delay_ns >= SHORTEST_GAP_NS else gathered
        self._forgiven_ns = _FORGIVEN_NS if limit_bytes_per_s is None else _FORGIVEN_OF_LIMIT_NS

    def begin(self, ready_ns: Nanoseconds) -> None:
        """Let the link be idle until `ready_ns`: what follows does not leave earlier."""
        self._link_free_ns = max(self._link_free_ns, ready_ns)
        self._schedule()

    def allowance(self, now: Nanoseconds) -> int:
        """How many packets may leave now: a burst, or none."""
        return self.burst_packets if now >= self.next_ns else 0

    def sent(self, packets: int, size_bytes: int, now: Nanoseconds) -> None:
        """Count packets handed over at `now`, and their bytes, GVSP headers included."""
        taken_ns = (size_bytes + packets * IP_UDP_HEADER_BYTES) * self._byte_ns + packets * self._delay_ns
        slot_ns = max(self._earliest_ns, now - taken_ns * _OVERSLEPT_SHARE)
        self._link_free_ns = max(self._link_free_ns, now - self._forgiven_ns) + taken_ns
        self._earliest_ns = slot_ns + taken_ns * _GAP_SHARE
        self._schedule()

    @property
    def stretch_packets(self) -> int:
        """How many full packets take `LONGEST_STRETCH_NS`."""
        return int(LONGEST_STRETCH_NS / self._packet_ns)

    def rule(self) -> tuple[float, ...]:
        """The state and all it follows from, for the compiled core, which counts as `sent` does.

        Returns
        -------
        tuple
            When the link is free, when the next burst may leave at the soonest, what a byte and a packet cost, the time
            that is made good at most, the share by which a wakeup may be late, the shortest gap as a share of a burst;
            times in nanoseconds.
        """
        packet_ns = IP_UDP_HEADER_BYTES * self._byte_ns + self._delay_ns
        state = self._link_free_ns, self._earliest_ns
        return (*state, self._byte_ns, packet_ns, self._forgiven_ns, _OVERSLEPT_SHARE, _GAP_SHARE)

    def resume(self, link_free_ns: float, earliest_ns: float) -> None:
        """Go on from the state that somebody else who follows the `rule` has come to."""
        self._link_free_ns, self._earliest_ns = link_free_ns, earliest_ns
        self._schedule()

    def _schedule(self) -> None:
        self.next_ns = round(max(self._link_free_ns, self._earliest_ns))
