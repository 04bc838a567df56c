"""What a good client does whatever happens, judged from what was seen alone: in a trial, or in a capture."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from tiscam_emu.score.record import CCP, Datagram, Record
from tiscam_emu.score.verdict import Verdict, bad, either, good, not_seen
from tiscam_emu.units import NS_PER_MS, Nanoseconds
from tiscam_emu.wire import gvcp
from tiscam_emu.wire.bootstrap import FIRST_URL
from tiscam_emu.wire.endpoint import Endpoint

_WELL_INSIDE = 0.67
"""Part of the heartbeat timeout."""
_SETTLED_NS = 500 * NS_PER_MS
_ENOUGH_FRAMES = 3
_ANY_PATH_BYTES = 1500
"""Packets that every network carries."""
_DENIED, _BUSY = b"\x80\x06", b"\x80\x07"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes
    ----------
    name
        In a word or two.
    expected, why
        What a good client does; why that counts.
    judge
        What a record says about the client.
    """

    name: str
    expected: str
    why: str
    judge: Callable[[Record], Verdict]


def sought_description(record: Record) -> Verdict:
    """Whether it asked where the description is."""
    if not record.taken():
        return not_seen("it did not open the camera")
    if record.reads(FIRST_URL.address):
        return good("asked where the description is")
    return bad("never asked where the description is")


def most_read(record: Record) -> tuple[int, int]:
    """Of the description read best: how much of it was read, no byte counted twice, and how long it is."""
    read = [(_bytes_read(record, address, length), length) for address, length in record.files]
    return max(read, key=lambda file: file[0] / file[1])


def _bytes_read(record: Record, address: int, length: int) -> int:
    blocks = {
        command.address: command.count
        for datagram, command in record.said(gvcp.ReadMemCmd)
        if address <= command.address < address + length and record.succeeded(datagram)
    }
    return min(sum(blocks.values()), length)


def read_description(record: Record) -> Verdict:
    """Whether it read all of the description, if it read any of it: it may have it already."""
    got, length = most_read(record) if record.files else (0, 0)
    if not got:
        return not_seen("it did not read the description")
    return either(got == length, f"read {got} of {length} bytes of the description")


def gave_back(record: Record) -> Verdict:
    """Whether it gave control back."""
    taken = record.taken()
    if not taken:
        return not_seen("it did not take control")
    if any(back.at_ns > taken[-1].at_ns for back in record.given_back()):
        return good("gave control back")
    if record.partial and record.ended_ns - record.commands[-1].at_ns < record.heartbeat_ms() * NS_PER_MS:
        return not_seen("it has control when the capture ends")
    return bad("never gave control back")


def kept_alive(record: Record) -> Verdict:
    """Whether something was said well inside the heartbeat timeout."""
    silences = record.silences()
    if not silences:
        return not_seen("it did not take control")
    silence_ms, timeout_ms = max(silences) / NS_PER_MS, record.heartbeat_ms()
    return either(silence_ms <= _WELL_INSIDE * timeout_ms, f"was silent for {silence_ms:.0f} ms of {timeout_ms}")


def strangers_writes(record: Record) -> list[Datagram]:
    """Writes of who had no control."""
    found = []
    for kind in (gvcp.WriteRegCmd, gvcp.WriteMemCmd):
        for datagram, _ in record.said(kind):
            answer = record.answer_to(datagram)
            if answer is not None and answer.data[:2] == _DENIED and datagram.data[8:12] != CCP.to_bytes(4, "big"):
                found.append(datagram)
    return found


def wrote_in_control(record: Record) -> Verdict:
    """Whether it wrote only while it had control."""
    if not any(True for kind in (gvcp.WriteRegCmd, gvcp.WriteMemCmd) for _ in record.said(kind)):
        return not_seen("it wrote nothing")
    refused = len(strangers_writes(record))
    return either(not refused, f"wrote {refused} times without control" if refused else "wrote in control alone")


def written_again(record: Record) -> int:
    """Writes that were sent again under another id before they were acknowledged: they were executed twice."""
    writes = [d for d, _ in record.said(gvcp.WriteRegCmd)] + [d for d, _ in record.said(gvcp.WriteMemCmd)]
    writes.sort(key=lambda datagram: datagram.at_ns)
    again = 0
    for before, after in pairwise(writes):
        same = before.peer == after.peer and before.data[8:] == after.data[8:]
        answers = record.answers_to(before) if same and before.id != after.id else [before]
        again += not answers or answers[0].at_ns > after.at_ns
    return again


def repeated_as_it_was(record: Record) -> Verdict:
    """Whether commands that had no answer came again under their ids."""
    if twice := written_again(record):
        return bad(f"{twice} writes came again under another id, and were executed twice")
    said = [d for d, c in record.said(gvcp.Cmd) if not isinstance(c, gvcp.PacketResendCmd)]
    again = sum(one.data == other.data and one.peer == other.peer for one, other in pairwise(said))
    return good(f"{again} commands came again, under their ids") if again else not_seen("nothing had to come again")


def had_patience(record: Record) -> Verdict:
    """Whether it waited as long as PENDING_ACK told it."""
    promises = [answer for answer in record.answers if answer.code == gvcp.Command.PENDING_ACK]
    if not promises:
        return not_seen("the camera did not ask for patience")
    seen = f"{len(promises)} times the camera asked for patience"
    sent: dict[tuple[Endpoint, int], list[Nanoseconds]] = {}
    for command in record.commands:
        sent.setdefault((command.peer, command.id), []).append(command.at_ns)
    impatient = sum(_came_again(sent.get((promise.peer, promise.id), []), promise) for promise in promises)
    return bad(f"{seen}, {impatient} commands came again all the same") if impatient else good(seen)


def _came_again(sent_ns: list[Nanoseconds], promise: Datagram) -> bool:
    """Whether the command was sent again although its time was not over."""
    until_ns = promise.at_ns + int.from_bytes(promise.data[10:12], "big") * NS_PER_MS
    after = bisect_right(sent_ns, promise.at_ns)
    return after < len(sent_ns) and sent_ns[after] < until_ns


def streamed(record: Record, what: str) -> Verdict:
    """Whether it came to its frames in spite of something, and executed nothing twice."""
    if not record.commands:
        return not_seen("the camera heard nothing")
    if twice := written_again(record):
        return bad(f"{twice} writes came again under another id, and were executed twice")
    frames = len(record.finished())
    return either(frames >= _ENOUGH_FRAMES, f"{what}; {frames} frames followed")


def stood_busy(record: Record) -> Verdict:
    """Whether accesses that were refused with BUSY kept it from its frames."""
    refused = sum(answer.data[:2] == _BUSY for answer in record.answers)
    return streamed(record, f"{refused} accesses were refused with BUSY") if refused else not_seen("none was refused")


def packets_fit(record: Record, path: str = "") -> Verdict:
    """Whether its packets came through: most frames whole, and in a capture no larger packets than it has tried.

    `path` tells what the path carries, where that is known.
    """
    finished = record.finished()
    if not finished:
        return not_seen("no frame was asked for")
    whole, largest = record.whole(), max(record.largest_arrived, record.largest_lost)
    tried = f"tried {len(record.test_packets)} test packets, then " if record.test_packets else ""
    seen = f"{tried}packets of {largest} bytes{path}: {len(whole)} of {len(finished)} frames arrived"
    if record.partial and largest > max(_ANY_PATH_BYTES, *(test.ip_bytes for test in record.test_packets), 0):
        return bad(f"{seen}; no test packet of that size had")
    return either(2 * len(whole) >= len(finished), seen)


def mended(record: Record, share: float = 0.9) -> Verdict:
    """Whether that share of the frames that lost packets got them again, with requests in reason."""
    hurt = [block for block in record.hurt() if (block.ended_ns or 0) < record.ended_ns - _SETTLED_NS]
    if not hurt:
        return not_seen("no frame lost a packet")
    whole = [block for block in hurt if block.whole]
    asked = len(record.resends())
    lost = sum(len(block.lost_once) for block in hurt)
    seen = f"{len(hurt)} frames lost {lost} packets, {asked} requests, {len(whole)} frames mended"
    if record.stamps is not None:
        claimed = set(record.stamps) & {block.block_id for block in hurt if not block.whole}
        if claimed:
            return bad(f"{seen}; it took {len(claimed)} frames with holes for whole")
    if asked > 4 * lost + 20:
        return bad(f"{seen}: far more requests than losses")
    return either(len(whole) >= share * len(hurt), seen)


def asked_for_losses(record: Record) -> Verdict:
    """Whether it asked for what was lost alone: not for what had come, and not at once for what came a little later."""
    frames = len(record.finished())
    if not frames:
        return not_seen("no frame was asked for")
    needless = len(record.needless())
    if record.partial and not record.resends():
        return not_seen("nothing was asked for again")
    return either(needless <= frames // 2, f"{frames} frames, {needless} requests for packets that were not lost")


RULES = (
    Rule(
        "description",
        "Asks where the description is.",
        "Without it a program knows neither the features nor their registers.",
        sought_description,
    ),
    Rule(
        "reading",
        "Asks again for what did not come, and reads all of the description.",
        "A way to the camera that is long or busy loses answers.",
        read_description,
    ),
    Rule(
        "control",
        "Gives control back at the end.",
        "A camera whose client did not is lost to all others until the heartbeat has run out.",
        gave_back,
    ),
    Rule(
        "heartbeat",
        "Says something well inside the heartbeat timeout.",
        "A late thread or a lost datagram takes control from a client that waits until the last moment.",
        kept_alive,
    ),
    Rule(
        "writes",
        "Writes nothing while it has no control.",
        "The camera refuses it, and who does not look shows an empty picture.",
        wrote_in_control,
    ),
    Rule(
        "repeating",
        "Sends a command that was not acknowledged again under the same id.",
        "Under another id it is another command: a trigger fires twice, a counter counts twice.",
        repeated_as_it_was,
    ),
    Rule(
        "patience",
        "Waits as long as PENDING_ACK tells it.",
        "The camera announces that a command takes longer than the client's timeout.",
        had_patience,
    ),
    Rule("busy", "Tries again what was refused with BUSY.", "A camera may say so at any time.", stood_busy),
    Rule(
        "packet-size",
        "Asks for test packets, or for packets that any path carries, and gets its frames.",
        "Larger packets vanish without a word, and the program shows no picture at all.",
        packets_fit,
    ),
    Rule(
        "losses",
        "Asks for what is missing, once the frame shows a gap, and gets every frame whole.",
        "A frame with a hole is a part that is not inspected.",
        partial(mended, share=0.9),
    ),
    Rule(
        "requests",
        "Waits a moment before it asks for a packet that may only be late, and asks for nothing that has come.",
        "Asking at once doubles the traffic.",
        asked_for_losses,
    ),
)
"""Those that a capture alone can tell."""
