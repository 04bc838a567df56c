"""Datagrams that wait to be served: every sender has its turn, whatever the others send."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

QUEUE_LENGTH = 1024
"""Of one sender. A client waits for each acknowledge; only requests for lost packets come in numbers."""
SENDERS = 256

_Sender = TypeVar("_Sender")
_Item = TypeVar("_Item")


class FairQueue(Generic[_Sender, _Item]):
    """State: what waits, by sender, served in turns.

    A flood of one sender fills its own queue alone, and delays another's datagram by at most one datagram of each
    sender.

    Attributes
    ----------
    dropped
        What found its sender's queue full, or too many senders waiting.
    """

    def __init__(self, queue_length: int = QUEUE_LENGTH, senders: int = SENDERS) -> None:
        self._queue_length = queue_length
        self._senders = senders
        self._waiting: OrderedDict[_Sender, deque[_Item]] = OrderedDict()
        self.dropped = 0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, sender: _Sender, item: _Item) -> None:
        """Let `item` wait behind what its sender sent before."""
        queue = self._waiting.get(sender)
        if queue is None:
            if len(self._waiting) >= self._senders:
                self.dropped += 1
                return
            self._waiting[sender] = deque((item,))
        elif len(queue) >= self._queue_length:
            self.dropped += 1
        else:
            queue.append(item)

    def take(self) -> tuple[_Sender, _Item]:
        """The next one in turn; there has to be one."""
        sender, queue = next(iter(self._waiting.items()))
        item = queue.popleft()
        if queue:
            self._waiting.move_to_end(sender)
        else:
            del self._waiting[sender]
        return sender, item
