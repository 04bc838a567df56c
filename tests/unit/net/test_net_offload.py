from __future__ import annotations

import contextlib
import socket
import sys

import pytest

from tiscam_emu.net.offload import is_unseen, seen_on

HEADING = "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n"
LO = 1


def line(interface: int) -> str:
    return f"000000001787ed99 3      3    0003   {interface}     1 0      0      86051 \n"


@pytest.mark.parametrize(
    ("interfaces", "seen"),
    [((), False), ((LO,), True), ((0,), True), ((2, 11, 10), False), ((2, 0), True), ((7, LO, 3), True)],
)
def test_sockets_of_loopback_and_of_every_interface_see_it(interfaces: tuple[int, ...], seen: bool) -> None:
    assert seen_on(LO, HEADING + "".join(map(line, interfaces))) is seen


OTHERWISE = (
    "",
    "nonsense\n",
    HEADING.replace("Iface", "Ifno"),
    HEADING + "1 2\n",
    HEADING + line(1).replace("1 ", "x "),
)


@pytest.mark.parametrize("text", OTHERWISE)
def test_a_table_that_reads_otherwise_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"packet sockets|invalid literal|not enough"):
        seen_on(LO, text)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="packet sockets are Linux's")
def test_a_packet_socket_of_this_computer_is_noticed() -> None:
    try:
        watching = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    except PermissionError:
        pytest.skip("only root may open packet sockets")
    with contextlib.closing(watching):
        assert not is_unseen()
