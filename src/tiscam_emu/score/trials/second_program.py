"""Another program that has the camera."""

from __future__ import annotations

import socket
import struct

from tiscam_emu.score.record import Record
from tiscam_emu.score.rules import strangers_writes
from tiscam_emu.score.stage import Stage
from tiscam_emu.score.trial import Trial
from tiscam_emu.score.verdict import Verdict, bad, either, not_seen
from tiscam_emu.wire.bootstrap import CONTROL_CHANNEL_PRIVILEGE
from tiscam_emu.wire.gvcp import GVCP_PORT

_HELD_S = 4.0
_SAYS_S = 0.5
_CONTROL = 2


class _Holder:
    """State: a second client, which takes control before the first one comes."""

    def __init__(self, stage: Stage) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((stage.runner.address, GVCP_PORT))
        self._socket.settimeout(1.0)
        self._id = 0

    def write_ccp(self, value: int) -> None:
        self._id += 1
        address = CONTROL_CHANNEL_PRIVILEGE.address
        self._socket.send(struct.pack(">BBHHHII", 0x42, 1, 0x82, 8, self._id, address, value))
        self._socket.recv(64)

    def read_ccp(self) -> None:
        self._id += 1
        self._socket.send(struct.pack(">BBHHHI", 0x42, 1, 0x80, 4, self._id, CONTROL_CHANNEL_PRIVILEGE.address))
        self._socket.recv(64)

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def close(self) -> None:
        self._socket.close()


def _take(stage: Stage) -> None:
    holder = stage.guest = _Holder(stage)
    holder.write_ccp(_CONTROL)
    stage.record.guest_port = holder.port


def _hold(stage: Stage) -> None:
    holder = stage.guest
    try:
        for _ in range(round(_HELD_S / _SAYS_S)):
            if not stage.sleep(_SAYS_S):
                break
            holder.read_ccp()
        holder.write_ccp(0)
        stage.mark("free")
    except OSError:
        pass  # the camera has ended
    finally:
        holder.close()


def _judge(record: Record) -> Verdict:
    port = record.guest_port
    others = [command for command in record.commands if command.peer.port != port]
    if not others:
        return not_seen("the camera heard nothing of it")
    intruded = [write for write in strangers_writes(record) if write.peer.port != port]
    if intruded:
        return bad(f"wrote {len(intruded)} times without control")
    free = record.since("free")
    taken = [datagram for datagram in record.taken() if datagram.peer.port != port]
    if taken and free is not None and taken[0].at_ns > free:
        return either(well=True, seen="waited, and took control when it was free")
    return either(record.exit_code not in {0, None}, f"got no control; exit code {record.exit_code}")


TRIALS = (
    Trial(
        name="second-program",
        title="Another program has control",
        expected="Says so and ends, or waits until control is free; writes nothing before.",
        why="A camera can be opened once; who does not look shows an empty picture.",
        judge=_judge,
        before=_take,
        during=_hold,
        seconds=8.0,
        flaw="writes_without_control",
    ),
)
