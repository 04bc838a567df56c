"""Waiting for sockets."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import sys
from collections.abc import Iterator

import pytest

from tiscam_emu.net.listener import Listener

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pairs() -> Iterator[tuple[Pair, Pair]]:
    with contextlib.ExitStack() as stack:
        made = socket.socketpair(), socket.socketpair()
        for end in (*made[0], *made[1]):
            stack.enter_context(end)
        yield made


@pytest.mark.parametrize("timeout_s", [0.0, 10.0, None], ids=["look", "wait", "wait for ever"])
def test_those_sockets_are_told_that_have_something_to_read(pairs: tuple[Pair, Pair], timeout_s: float | None) -> None:
    (heard, speaker), (silent, _) = pairs
    with contextlib.closing(Listener((heard, silent))) as listener:
        speaker.send(b"x")
        assert listener.wait(timeout_s) == [heard]


@pytest.mark.parametrize("timeout_s", [0.0, 0.0001], ids=["look", "a tenth of a millisecond"])
def test_nothing_is_told_when_nothing_came(pairs: tuple[Pair, Pair], timeout_s: float) -> None:
    with contextlib.closing(Listener((pairs[0][0],))) as listener:
        assert listener.wait(timeout_s) == []


def test_the_sockets_stay_open_when_the_listener_is_closed(pairs: tuple[Pair, Pair]) -> None:
    heard, speaker = pairs[0]
    Listener((heard,)).close()
    speaker.send(b"x")
    assert heard.recv(1) == b"x"


@pytest.mark.skipif(sys.platform != "linux", reason="epoll is Linux'")
def test_a_program_with_a_thousand_open_files_is_served_too(pairs: tuple[Pair, Pair]) -> None:
    (heard, speaker), _ = pairs
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 1200
    if limits[0] < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, limits[1]), limits[1]))
    opened: list[int] = []
    try:
        while len(opened) < wanted - 100 and (not opened or opened[-1] <= 1024):
            opened.append(os.dup(heard.fileno()))
        with contextlib.closing(Listener((heard,))) as listener:
            assert listener.wait(0.0001) == []
            speaker.send(b"x")
            assert listener.wait(10.0) == [heard]
    finally:
        for descriptor in opened:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
