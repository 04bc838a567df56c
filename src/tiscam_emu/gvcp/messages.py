"""The message channel: events out, each acknowledged before the next one leaves.

Decisions where the standard leaves room:

* A transmission timeout (MCTT) of 0 means that no acknowledge is asked for: the flag is clear, nothing is sent again.
* The acknowledge has to come from the channel's port, but may come from any address: a host on several networks answers
  from the address nearest to the camera. Its status does not matter, having arrived is enough.
* A message keeps the timeout and the retry count that were set when it was sent first.
* Another destination is another channel: what waited for the old one is gone. Request ids go on counting.

Source: GigE Vision 2.x, chapter "Message channel".
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from tiscam_emu.gvcp.counters import MessageCounters
from tiscam_emu.gvcp.effects import SendMessage
from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire import gvcp, gvcp_codec
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.gvcp import Command, CommandFlag
from tiscam_emu.wire.messages import EventMessage, MessageSettings

QUEUE_LENGTH = 64
"""Messages that may wait while one is unacknowledged."""

_LAST_REQ_ID = 0xFFFF


@dataclass(frozen=True, slots=True)
class _Unacknowledged:
    """The message that left and was not acknowledged yet."""

    req_id: int
    effect: SendMessage
    ack: Command
    timeout_ns: Nanoseconds
    deadline_ns: Nanoseconds
    retries_left: int


class MessageChannel:
    """State: the message under way, those behind it, and the last request id.

    Every call takes the time `now` in nanoseconds, which never goes back, and returns what is to be sent.
    """

    def __init__(self) -> None:
        self.counters = MessageCounters()
        self._settings = MessageSettings()
        self._unacknowledged: _Unacknowledged | None = None
        # Filled only while a message is unacknowledged.
        self._queue: deque[EventMessage] = deque()
        self._req_id = 0

    def configure(self, settings: MessageSettings) -> None:
        """Take the channel's registers over; cheap if nothing has changed."""
        if settings.destination != self._settings.destination:
            self._unacknowledged = None
            self._queue.clear()
        self._settings = settings

    def next_wakeup(self) -> Nanoseconds | None:
        """When `advance` has to be called next; None if nothing is under way."""
        return self._unacknowledged.deadline_ns if self._unacknowledged else None

    def advance(self, now: Nanoseconds) -> list[SendMessage]:
        """Send again what was not acknowledged in time, or give it up and go on with the next message."""
        effects: list[SendMessage] = []
        while (message := self._unacknowledged) is not None and message.deadline_ns <= now:
            if message.retries_left:
                self.counters.retransmitted += 1
                effects.append(message.effect)
                self._unacknowledged = replace(
                    message,
                    deadline_ns=message.deadline_ns + message.timeout_ns,
                    retries_left=message.retries_left - 1,
                )
            else:
                self.counters.given_up += 1
                effects += self._send_waiting(message.deadline_ns)
        return effects

    def post(self, message: EventMessage, now: Nanoseconds) -> list[SendMessage]:
        """Send the message, or keep it until its turn comes; a closed channel takes nothing."""
        effects = self.advance(now)
        destination = self._settings.destination
        if destination is None:
            return effects
        if self._unacknowledged is None:
            effects.append(self._send(message, destination, now))
        elif len(self._queue) < QUEUE_LENGTH:
            self._queue.append(message)
        else:
            self.counters.dropped += 1
        return effects

    def receive(self, datagram: bytes, peer: Endpoint, now: Nanoseconds) -> list[SendMessage]:
        """Take an acknowledge; never raises, whatever the bytes."""
        effects = self.advance(now)
        if self._acknowledges(datagram, peer):
            self.counters.acknowledged += 1
            effects += self._send_waiting(now)
        else:
            self.counters.ignored_datagrams += 1
        return effects

    def _acknowledges(self, datagram: bytes, peer: Endpoint) -> bool:
        message = self._unacknowledged
        if message is None or peer.port != message.effect.peer.port:
            return False
        header = gvcp_codec.parse_ack_header(datagram)
        return header is not None and header.ack == message.ack and header.ack_id == message.req_id

    def _send_waiting(self, now: Nanoseconds) -> list[SendMessage]:
        """The message under way is done with: the next ones, up to the first that has to be acknowledged."""
        self._unacknowledged = None
        destination = self._settings.destination
        effects: list[SendMessage] = []
        while destination is not None and self._queue and self._unacknowledged is None:
            effects.append(self._send(self._queue.popleft(), destination, now))
        return effects

    def _send(self, message: EventMessage, destination: Endpoint, now: Nanoseconds) -> SendMessage:
        self._req_id = self._req_id % _LAST_REQ_ID + 1
        self.counters.sent += 1
        timeout_ns = self._settings.timeout_ns
        command = _command(message, self._req_id, ack_required=timeout_ns > 0)
        effect = SendMessage(gvcp_codec.build_command(command), destination)
        if timeout_ns:
            ack = Command.EVENTDATA_ACK if message.data else Command.EVENT_ACK
            self._unacknowledged = _Unacknowledged(
                self._req_id, effect, ack, timeout_ns, now + timeout_ns, self._settings.retries
            )
        return effect


def _command(message: EventMessage, req_id: int, *, ack_required: bool) -> gvcp.Cmd:
    flags = int(CommandFlag.ACK_REQUIRED) if ack_required else 0
    if message.extended:
        flags |= int(CommandFlag.EXTENDED_ID)
    item = gvcp.EventItem(message.event_id, message.stream_channel, message.block_id, message.timestamp)
    if message.data:
        return gvcp.EventDataCmd(req_id, item, message.data, flags=flags)
    return gvcp.EventCmd(req_id, (item,), flags=flags)
