"""Sockets on the loopback interface: what Linux does, asked of Linux itself."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator

import pytest

from tiscam_emu.errors import AddressInUse, UserError
from tiscam_emu.net.sockets import StreamSocket, open_broadcast_socket, open_control_socket, send_quietly

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="any 127.x.x.x address is Linux's")

IP_MTU_DISCOVER = 10
LIMIT_S = 10.0


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(LIMIT_S)
        yield sock


@pytest.fixture
def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.9", 0))
        return int(sock.getsockname()[1])


def test_a_control_address_belongs_to_one_camera(free_port: int) -> None:
    with (
        open_control_socket("127.0.0.9", free_port),
        pytest.raises(AddressInUse, match=rf"127\.0\.0\.9:{free_port} is in use.*another camera.*--address"),
    ):
        open_control_socket("127.0.0.9", free_port)


def test_cameras_on_other_addresses_share_the_port(free_port: int) -> None:
    with open_control_socket("127.0.0.9", free_port), open_control_socket("127.0.0.10", free_port) as second:
        assert second.getsockname() == ("127.0.0.10", free_port)


def test_a_foreign_address_is_a_mistake_of_the_user(free_port: int) -> None:
    with pytest.raises(UserError, match=r"198\.51\.100\.77 is not an address of this computer.*--address"):
        open_control_socket("198.51.100.77", free_port)
    with pytest.raises(UserError, match=r"198\.51\.100\.77 is not an address of this computer"):
        StreamSocket("198.51.100.77")


def test_the_control_socket_does_not_block_and_is_not_inherited(free_port: int) -> None:
    with open_control_socket("127.0.0.9", free_port) as sock:
        assert not sock.getblocking()
        assert not sock.get_inheritable()


def test_cameras_share_the_broadcast_address(free_port: int) -> None:
    first = open_broadcast_socket(port=free_port)
    second = open_broadcast_socket(port=free_port)
    assert first is not None
    assert second is not None
    with first, second:
        assert second.getsockname() == ("255.255.255.255", free_port)
        assert not second.getblocking()


def test_a_broadcast_address_that_cannot_be_bound_is_not_fatal(free_port: int) -> None:
    assert open_broadcast_socket("198.51.100.255", free_port) is None


def test_the_stream_leaves_from_the_cameras_own_address_and_a_fixed_port(receiver: socket.socket) -> None:
    stream = StreamSocket("127.0.0.9")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second:
        second.bind(("127.0.0.1", 0))
        second.settimeout(LIMIT_S)
        sources = set()
        for sock in (receiver, second):
            stream.target("127.0.0.1", sock.getsockname()[1], do_not_fragment=True)
            stream.send([b"leader", memoryview(b"payload")])
            received = [sock.recvfrom(100) for _ in range(2)]
            assert [data for data, _ in received] == [b"leader", b"payload"]
            sources |= {source for _, source in received}
    assert sources == {("127.0.0.9", stream.port)}
    stream.close()


@pytest.mark.parametrize(("do_not_fragment", "mode"), [(True, 3), (False, 0)])
def test_the_df_bit_follows_the_register(receiver: socket.socket, do_not_fragment: bool, mode: int) -> None:
    stream = StreamSocket("127.0.0.9")
    stream.target("127.0.0.1", receiver.getsockname()[1], do_not_fragment)
    assert stream._socket.getsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER) == mode
    stream.close()


def test_a_client_that_is_gone_does_not_stop_the_stream(receiver: socket.socket, free_port: int) -> None:
    stream = StreamSocket("127.0.0.9")
    stream.target("127.0.0.9", free_port, do_not_fragment=True)
    for _ in range(3):
        stream.send([b"to", b"nobody"])
    stream.target("127.0.0.1", receiver.getsockname()[1], do_not_fragment=True)
    stream.send([b"first", b"second"])
    assert [receiver.recv(100) for _ in range(2)] == [b"first", b"second"]
    stream.close()


def test_a_client_that_comes_back_on_its_port_misses_nothing(free_port: int) -> None:
    stream = StreamSocket("127.0.0.9")
    stream.target("127.0.0.9", free_port, do_not_fragment=True)
    stream.send([b"to nobody"])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.9", free_port))
        client.settimeout(LIMIT_S)
        stream.send([b"first", b"second"])
        assert [client.recv(100) for _ in range(2)] == [b"first", b"second"]
    stream.close()


def test_a_destination_no_loopback_camera_can_reach_is_named() -> None:
    stream = StreamSocket("127.0.0.9")
    with pytest.raises(OSError, match=r"127\.0\.0\.9 cannot stream to 198\.51\.100\.7:"):
        stream.target("198.51.100.7", 50_000, do_not_fragment=True)
    stream.close()


def test_a_packet_larger_than_udp_allows_is_lost_like_on_a_cable(receiver: socket.socket) -> None:
    stream = StreamSocket("127.0.0.9")
    stream.target("127.0.0.1", receiver.getsockname()[1], do_not_fragment=True)
    stream.send([bytes(65_508), b"arrives"])
    assert receiver.recv(100) == b"arrives"
    stream.close()


def test_an_acknowledge_nobody_waits_for_is_no_error(receiver: socket.socket, free_port: int) -> None:
    with open_control_socket("127.0.0.9", free_port) as control:
        assert not send_quietly(control, bytes(65_508), "127.0.0.1", receiver.getsockname()[1])
        assert send_quietly(control, b"ack", "127.0.0.1", receiver.getsockname()[1])
    assert receiver.recv(100) == b"ack"


def test_the_system_cuts_a_run_of_packets_apart(receiver: socket.socket) -> None:
    stream = StreamSocket("127.0.0.9")
    stream.target("127.0.0.1", receiver.getsockname()[1], do_not_fragment=True)
    whole = bytes(range(256)) * 12
    stream.send_runs([(memoryview(whole), 1000), (b"single", 1000)])
    assert [receiver.recv(4000) for _ in range(5)] == [
        whole[:1000],
        whole[1000:2000],
        whole[2000:3000],
        whole[3000:],
        b"single",
    ]
    stream.close()
