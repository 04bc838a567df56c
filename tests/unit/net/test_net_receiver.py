from __future__ import annotations

import socket
import struct
import sys

import pytest

from tiscam_emu.net.receiver import buffer_in, receive_buffer_bytes

DEFAULT = 212_992
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone tells")


@linux
@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "0.0.0.0"])
@pytest.mark.parametrize("asked_bytes", [20_000, 70_000])
def test_a_receivers_buffer_is_told(host: str, asked_bytes: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((host, 0))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, asked_bytes)
        found = receive_buffer_bytes("127.0.0.9" if host == "0.0.0.0" else host, sock.getsockname()[1])
        assert found == sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)


def test_where_nobody_receives_the_default_is_assumed() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    assert receive_buffer_bytes("127.0.0.1", port) == DEFAULT


def answer(*attributes: tuple[int, bytes], kind: int = 20) -> bytes:
    body = bytes(72) + b"".join(
        struct.pack("=HH", 4 + len(values), name) + values + bytes(-len(values) % 4) for name, values in attributes
    )
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body


MEMORY = (7, struct.pack("=9I", 1, 50_000, 3, 4, 5, 6, 7, 8, 9))


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (answer(MEMORY), 50_000),
        (answer((8, b"\1"), (15, b""), MEMORY), 50_000),
        (answer(), None),
        (answer(MEMORY, kind=2), None),
        (answer((7, bytes(4))), None),
        (answer(MEMORY)[:-30], None),
        (answer((0, b""), MEMORY)[:-34], None),
        (b"", None),
        (b"\0" * 15, None),
        (b"\xff" * 200, None),
    ],
)
def test_only_a_whole_answer_tells(told: bytes, found: int | None) -> None:
    assert buffer_in(told) == found


def test_an_attribute_without_a_length_does_not_hold_up() -> None:
    told = bytearray(answer((3, b"abcd"), MEMORY))
    told[88:90] = bytes(2)
    assert buffer_in(bytes(told)) in {None, 50_000}
