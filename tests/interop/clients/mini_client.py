"""A small GigE Vision client that does everything right, or one thing wrong: ``--flaw NAME``. Standard library alone.

It opens the camera, reads the description, finds a packet size, takes frames for some seconds, asks for what is missing
and gives everything back. Frames that it got whole it writes to the file that TISCAM_EMU_STAMPS names.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import select
import socket
import struct
import sys
import time
import zipfile
from dataclasses import dataclass, field
from xml.etree import ElementTree

CCP, SCP, SCPS, SCDA, GVCP_CONFIGURATION, GVSP_CONFIGURATION = 0x0A00, 0x0D00, 0x0D04, 0x0D18, 0x0954, 0x0960
FIRST_URL, SECOND_URL = 0x0200, 0x0400
CONTROL, TEST_PACKET, DO_NOT_FRAGMENT, PENDING_ACK_ON, EXTENDED_IDS = 2, 1 << 31, 1 << 30, 2, 1 << 30
READREG, WRITEREG, READMEM, PENDING_ACK, BUSY = 0x80, 0x82, 0x84, 0x89, 0x8007
SIZES = (8000, 4000, 3000, 1500, 1400, 576)
BLOCK = 512
TRIES, ANSWER_S, HEARTBEAT_S, SELDOM_S, LOST_S = 6, 0.3, 0.8, 2.5, 2.5
LATE_S, AGAIN_S, GIVEN_UP_S = 0.02, 0.06, 0.5


class Refused(Exception):
    """A command was answered with an error."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status 0x{status:04x}")
        self.status = status


class Gone(Exception):
    """The camera does not answer, or somebody else has it."""


class Channel:
    """State: the control channel; one command at a time."""

    def __init__(self, address: str, flaw: str) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((address, 3956))
        self.flaw = flaw
        self.id = 0

    def ask(self, code: int, payload: bytes) -> bytes:
        self._next_id()
        tries = 1 if self.flaw in {"never_repeats", "dies_of_silence"} else TRIES
        for number in range(tries):
            if number and self.flaw == "new_id_for_each_try":
                self._next_id()
            self.socket.send(struct.pack(">BBHHH", 0x42, 1, code, len(payload), self.id) + payload)
            answer = self._answer(code)
            if answer is None:
                continue
            status = int.from_bytes(answer[:2], "big")
            if status == BUSY and self.flaw != "gives_up_when_busy":
                time.sleep(0.02)
                self._next_id()
                continue
            if status:
                raise Refused(status)
            return answer[8:]
        raise Gone(f"no answer to {code:#x} in {tries} tries")

    def _next_id(self) -> None:
        self.id = self.id % 0xFFFF + 1

    def _answer(self, code: int) -> bytes | None:
        deadline = time.monotonic() + (0.1 if self.flaw == "new_id_for_each_try" else ANSWER_S)
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self.socket], [], [], left)[0]:
                break
            try:
                answer = self.socket.recv(2048)
            except OSError as error:
                raise Gone(str(error)) from None
            if self.flaw == "takes_any_ack":
                if len(answer) < 12 and code == READREG:
                    raise Gone("an acknowledge without a value")
                return answer
            if int.from_bytes(answer[6:8], "big") != self.id:
                continue
            if int.from_bytes(answer[2:4], "big") == PENDING_ACK:
                if self.flaw != "no_patience":
                    deadline = time.monotonic() + int.from_bytes(answer[10:12], "big") / 1000 + ANSWER_S
                continue
            return answer
        return None

    def read(self, address: int) -> int:
        return int.from_bytes(self.ask(READREG, struct.pack(">I", address))[:4], "big")

    def write(self, address: int, value: int) -> None:
        self.ask(WRITEREG, struct.pack(">II", address, value))

    def memory(self, address: int, length: int) -> bytes:
        data = b""
        while len(data) < length:
            count = min(BLOCK, (length - len(data) + 3) // 4 * 4)
            data += self.ask(READMEM, struct.pack(">IxxH", address + len(data), count))[4:]
        return data[:length]


@dataclass
class Frame:
    """State: a frame that is coming."""

    began_s: float
    heard_s: float
    last: int | None = None
    got: set[int] = field(default_factory=set)
    asked_s: float = 0.0
    payload_type: int = 1
    done: bool = False

    def missing(self, known: int) -> list[int]:
        end = self.last if self.last is not None else known
        return [number for number in range(end + 1) if number not in self.got]


class Client:
    """State: one camera, opened."""

    def __init__(self, address: str, flaw: str) -> None:
        self.flaw = flaw
        self.channel = Channel(address, flaw)
        self.stream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
        self.stream.bind(("127.0.0.1", 0))
        self.stream.setblocking(False)
        self.frames: dict[int, Frame] = {}
        self.whole: list[int] = []
        self.usual_last = 0
        self.newest = 0
        self.extended = False
        self.stop: tuple[int, int] | None = None
        self.answered_s = time.monotonic()

    def open(self, patience_s: float) -> None:
        root = self._description()
        if self.flaw == "writes_without_control":
            with contextlib.suppress(Refused):
                self.channel.write(SCDA, 0x7F000001)
        deadline = time.monotonic() + patience_s
        while True:
            try:
                self.channel.write(CCP, CONTROL)
                break
            except Refused as refusal:
                if time.monotonic() > deadline:
                    raise Gone(f"somebody else has the camera: {refusal}") from None
                time.sleep(0.3)
        self.channel.write(GVCP_CONFIGURATION, self.channel.read(GVCP_CONFIGURATION) | PENDING_ACK_ON)
        self.extended = bool(self.channel.read(GVSP_CONFIGURATION) & EXTENDED_IDS)
        self.stop = _command(root, "AcquisitionStop")
        for name, value in (("Width", 640), ("Height", 480)):
            with contextlib.suppress(Refused):
                self.channel.write(_register(root, name), value)
        self.channel.write(SCDA, 0x7F000001)
        self.channel.write(SCP, self.stream.getsockname()[1])
        self.channel.write(SCPS, self._packet_size())
        self.channel.write(*_command(root, "AcquisitionStart"))
        self.answered_s = time.monotonic()

    def _description(self) -> ElementTree.Element:
        for url_address in (SECOND_URL,) if self.flaw == "second_url_only" else (FIRST_URL, SECOND_URL):
            url = self.channel.memory(url_address, 512).split(b"\0")[0].decode()
            if not url.lower().startswith("local:"):
                if self.flaw == "first_url_only":
                    raise Gone(f"cannot read {url}")
                continue
            name, address, length = url[6:].split(";")
            content = self.channel.memory(int(address, 16), int(length.split("?")[0], 16))
            zipped = name.endswith(".zip")
            if self.flaw == ("plain_xml_only" if zipped else "zip_only"):
                raise Gone(f"cannot read {name}")
            if zipped:
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    content = archive.read(archive.namelist()[0])
            return ElementTree.fromstring(content)
        raise Gone("no description")

    def _packet_size(self) -> int:
        if self.flaw == "large_packets":
            return SIZES[0]
        for size in SIZES:
            self.channel.write(SCPS, TEST_PACKET | DO_NOT_FRAGMENT | size)
            deadline = time.monotonic() + 0.15
            while (left := deadline - time.monotonic()) > 0 and select.select([self.stream], [], [], left)[0]:
                if len(self.stream.recv(65536)) + 28 == size:
                    return size
        return SIZES[-1]

    def run(self, until_s: float) -> None:
        """Take frames; raises `Gone` if the camera is lost."""
        beat_s = time.monotonic()
        while (now := time.monotonic()) < until_s:
            select.select([self.stream], [], [], 0.01)
            with contextlib.suppress(BlockingIOError):
                while True:
                    self._take(self.stream.recv(65536))
            self._ask_again()
            if now - beat_s > (SELDOM_S if self.flaw == "seldom_speaks" else HEARTBEAT_S):
                beat_s = now
                self._beat()

    def _beat(self) -> None:
        try:
            mine = self.channel.read(CCP) == CONTROL
        except (Gone, Refused) as error:
            if self.flaw == "never_notices":
                return
            if self.flaw == "dies_of_silence" or time.monotonic() - self.answered_s > LOST_S + TRIES * ANSWER_S:
                raise Gone(str(error)) from None
            return
        self.answered_s = time.monotonic()
        if not mine and self.flaw != "never_notices":
            raise Gone("control is lost")

    def _take(self, data: bytes) -> None:
        status, block, word = struct.unpack_from(">HHI", data)
        form, packet, head = word >> 24 & 0x0F, word & 0xFFFFFF, 8
        if word >> 31:
            block, packet = struct.unpack_from(">QI", data, 8)
            head = 20
        if not block or (form == 3 and status not in {0, 0x100}):
            return
        if self.flaw == "stops_at_wrap" and block < self.newest - 1000:
            return
        frame = self._frame(block, anew=form == 1)
        if form == 1:
            frame.payload_type = int.from_bytes(data[head + 2 : head + 4], "big")
        elif form == 2:
            frame.last = self.usual_last = packet
        gap = packet - max(frame.got, default=-1) > 1
        frame.got.add(packet)
        if self.flaw == "asks_at_once" and (gap or status == 0x100):
            self._request(block, max(packet - 1, 0), packet)
        if frame.last is not None and len(frame.got) == frame.last + 1 and not frame.done:
            frame.done = True
            if self.flaw != "image_payload_only" or frame.payload_type == 1:
                self.whole.append(block)
        elif self.flaw == "asks_at_once" and frame.done:
            self._request(block, packet, packet)

    def _frame(self, block: int, *, anew: bool) -> Frame:
        now = time.monotonic()
        frame = self.frames.get(block)
        if frame is None or (frame.done and anew and now - frame.began_s > 5):
            frame = self.frames[block] = Frame(now, now)
            self.newest = block
        frame.heard_s = now
        return frame

    def _ask_again(self) -> None:
        if self.flaw in {"never_asks_again", "asks_at_once"}:
            return
        now = time.monotonic()
        recent = list(self.frames.items())[-12:]
        for block, frame in recent:
            ended = frame.last is not None or block != self.newest or now - frame.heard_s > LATE_S
            given_up = now - frame.began_s > GIVEN_UP_S
            if frame.done or not ended or now - frame.asked_s < AGAIN_S or given_up:
                continue
            missing = frame.missing(self.usual_last)
            if missing:
                frame.asked_s = now
                for first, last in _runs(missing):
                    self._request(block, first, last)
        if self.flaw == "asks_for_ever" and len(self.frames) > 4 and 4 not in self.whole:
            for packet in range(self.usual_last + 1):
                self._request(4, packet, packet)

    def _request(self, block: int, first: int, last: int) -> None:
        self.channel.id = self.channel.id % 0xFFFF + 1
        if self.extended and self.flaw != "short_ids":
            payload = struct.pack(">HHIIQ", 0, 0, first, last, block)
            flags = 0x10
        else:
            payload, flags = struct.pack(">HHII", 0, block & 0xFFFF, first, last), 0
        self.channel.socket.send(struct.pack(">BBHHH", 0x42, flags, 0x40, len(payload), self.channel.id) + payload)

    def close(self) -> None:
        with contextlib.suppress(Gone, Refused):
            if self.stop is not None:
                self.channel.write(*self.stop)
                self.channel.write(SCP, 0)
            if self.flaw != "keeps_control":
                self.channel.write(CCP, 0)


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _named(root: ElementTree.Element, name: str) -> ElementTree.Element:
    return next(element for element in root.iter() if element.get("Name") == name)


def _text(element: ElementTree.Element, tag: str) -> str:
    return next((child.text or "" for child in element if child.tag.endswith("}" + tag)), "")


def _register(root: ElementTree.Element, name: str) -> int:
    element = _named(root, name)
    while not (address := _text(element, "Address")):
        element = _named(root, _text(element, "pValue"))
    return int(address, 0)


def _command(root: ElementTree.Element, name: str) -> tuple[int, int]:
    return _register(root, name), int(_text(_named(root, name), "CommandValue"), 0)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--flaw", default="")
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    until_s = time.monotonic() + options.seconds
    whole: list[int] = []
    code = 1
    while True:
        client = Client(options.address, options.flaw)
        try:
            client.open(patience_s=6.0)
            client.run(until_s)
            code = 0
            break
        except (Gone, Refused) as error:
            sys.stderr.write(f"{error}\n")
            if time.monotonic() > until_s or options.flaw:
                break
            time.sleep(0.3)
        finally:
            client.close()
            whole += client.whole
    if "TISCAM_EMU_STAMPS" in os.environ:
        with open(os.environ["TISCAM_EMU_STAMPS"], "w", encoding="ascii") as file:  # noqa: PTH123
            file.write("".join(f"{block}\n" for block in whole))
    return code


if __name__ == "__main__":
    sys.exit(main())
