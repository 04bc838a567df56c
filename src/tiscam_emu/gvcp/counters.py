"""What clients did, and what they did wrong: for tests of clients and for the log."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class ControlCounters:
    """State: events since the engine was made.

    Attributes
    ----------
    ignored_datagrams
        Not GVCP at all; never answered.
    malformed_commands
        GVCP with a wrong length field, request id 0 or an impossible payload.
    unknown_commands
        Commands this device does not implement.
    reads_refused_by_privilege, writes_without_control
        Accesses by somebody the Control Channel Privilege shuts out.
    unaligned_accesses
        Address or count not a multiple of 4.
    refused_accesses
        Any other access answered with an error status: no such register, read-only, out of range.
    repeated_requests
        Retransmitted commands, answered again and not executed again.
    """

    discoveries: int = 0
    resend_requests: int = 0
    force_ip_requests: int = 0
    ignored_datagrams: int = 0
    malformed_commands: int = 0
    unknown_commands: int = 0
    reads_refused_by_privilege: int = 0
    writes_without_control: int = 0
    unaligned_accesses: int = 0
    refused_accesses: int = 0
    repeated_requests: int = 0
    heartbeat_expiries: int = 0
