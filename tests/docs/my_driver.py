"""The reader's driver of docs/faults.md: it asks again for what is lost, and is patient with the control channel."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from tests.interop.genapi_camera import GenApiCamera
from tests.interop.gvcp_client import (
    CCP,
    HEARTBEAT_TIMEOUT,
    SCDA,
    SCP,
    SCPS,
    TRAILER,
    Ack,
    Block,
    GvcpClient,
    GvspReceiver,
)

_TRIES = 40
_BUSY = 0x8007
_SIZE = (320, 240)
_FRAMES_A_SECOND = 30
_LONGER_THAN_THIS_TAKES_MS = 300_000


class _Patient(GvcpClient):
    """State: a client that asks again until it is answered and the camera is not busy.

    What was not answered keeps its number, so that an answer that comes late counts.
    """

    def command(self, command: int, payload: bytes, *, flags: int = 1, req_id: int = 0) -> Ack:
        sent = req_id
        for _ in range(_TRIES):
            sent = self.send(command, payload, flags=flags, req_id=sent)
            with contextlib.suppress(TimeoutError):
                while (ack := self.receive()).req_id != sent:
                    pass
                if ack.status != _BUSY:
                    return ack
                sent = 0  # a refusal is an answer: what follows is another question
        raise TimeoutError(f"no answer to {_TRIES} questions")


class Device:
    """A camera under control."""

    def __init__(self, client: _Patient) -> None:
        self._client = client
        client.write_register(CCP, 2)
        self._nodes = GenApiCamera(client)

    def wait_lost(self, timeout_s: float) -> bool:
        """Whether it stops answering within the time."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            sent = self._client.send(0x0080, CCP.to_bytes(4, "big"))
            try:
                while self._client.receive().req_id != sent:
                    pass
            except TimeoutError:
                return True
            time.sleep(0.1)
        return False

    def read(self, name: str) -> object:
        """A feature's value."""
        return self._nodes[name]

    def write(self, name: str, value: object) -> None:
        """Set a feature."""
        self._nodes[name] = value


@contextlib.contextmanager
def open(address: str) -> Iterator[Device]:  # noqa: A001 - as drivers call it
    """Take control of a camera, and try to give it back."""
    with _Patient(address, timeout_s=0.4) as client:
        yield Device(client)
        with contextlib.suppress(TimeoutError):
            client.write_register(CCP, 0)


def grab(address: str, count: int) -> list[Block]:
    """So many frames, whole."""
    with _Patient(address, timeout_s=0.4) as client, GvspReceiver() as receiver:
        client.write_register(CCP, 2)
        client.write_register(HEARTBEAT_TIMEOUT, _LONGER_THAN_THIS_TAKES_MS)
        nodes = GenApiCamera(client)
        nodes["Width"], nodes["Height"] = _SIZE
        nodes["AcquisitionFrameRate"] = _FRAMES_A_SECOND
        client.write_memory(SCDA, bytes([127, 0, 0, 1]))
        client.write_register(SCPS, 1500)
        client.write_register(SCP, receiver.port)
        nodes.execute("AcquisitionStart")
        blocks: dict[int, Block] = {}
        while len(blocks) <= count or not all(blocks[number].complete for number in range(1, count + 1)):
            packet = receiver.packet()
            block = blocks.setdefault(packet.block_id, Block(packet.block_id))
            block.packets[packet.packet_id] = packet
            if packet.kind == TRAILER or len(block.packets) == 1:
                _ask_for_what_is_missing(receiver, address, blocks, packet.block_id)
        client.write_register(CCP, 0)
        return [blocks[number] for number in range(1, count + 1)]


def _ask_for_what_is_missing(receiver: GvspReceiver, address: str, blocks: dict[int, Block], latest: int) -> None:
    """Of the last few frames; those that come after this one are still to come."""
    for number in range(max(1, latest - 3), latest + 1):
        block = blocks.setdefault(number, Block(number))
        last = max(max(each.packets, default=0) for each in blocks.values() if each.complete or each is block)
        if not block.complete and (number < latest or any(each.kind == TRAILER for each in block.packets.values())):
            for packet_id in sorted(set(range(last + 1)) - block.packets.keys()):
                receiver.request_resend(address, number, packet_id, packet_id)
