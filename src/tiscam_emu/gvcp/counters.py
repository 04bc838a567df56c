"""What clients did, and what they did wrong: for tests of clients and for the log."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class ControlCounters:
    """State: events since the engine was made.

    Attributes
    ----------
    unanswered_discoveries
        Those that came faster than they are answered.
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
    busy_answers
        Accesses answered with BUSY: a fault on command, no mistake of the client.
    repeated_requests
        Retransmitted commands, answered again and not executed again.
    actions_executed, actions_ignored
        Action commands that this camera performed or will perform, and those meant for others or sent while nobody had
        control; refused ones are neither.
    pending_acks
        Commands, or retransmissions of them, answered with PENDING_ACK.
    """

    discoveries: int = 0
    unanswered_discoveries: int = 0
    resend_requests: int = 0
    force_ip_requests: int = 0
    ignored_datagrams: int = 0
    malformed_commands: int = 0
    unknown_commands: int = 0
    reads_refused_by_privilege: int = 0
    writes_without_control: int = 0
    unaligned_accesses: int = 0
    refused_accesses: int = 0
    busy_answers: int = 0
    repeated_requests: int = 0
    heartbeat_expiries: int = 0
    actions_executed: int = 0
    actions_ignored: int = 0
    pending_acks: int = 0


@dataclass(slots=True)
class MessageCounters:
    """State: what became of the messages since the channel was made.

    Attributes
    ----------
    sent
        Messages that left, retransmissions not counted.
    given_up
        Messages never acknowledged, however often they were sent.
    dropped
        Messages that found the queue full.
    ignored_datagrams
        Datagrams that acknowledged nothing.
    """

    sent: int = 0
    acknowledged: int = 0
    retransmitted: int = 0
    given_up: int = 0
    dropped: int = 0
    ignored_datagrams: int = 0
