"""Sockets: the one place where operating systems differ.

Linux is the reference. The branches for macOS and Windows follow their documentation and are untested.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from tiscam_emu.errors import AddressInUse, UserError

GVCP_PORT = 3956
_LOOPBACK = "127.0.0.1"
LIMITED_BROADCAST = "255.255.255.255"

_STREAM_BUFFER_BYTES = 4 * 1024 * 1024

# Linux <linux/in.h>; Python's socket module does not name them in every version.
_LINUX_IP_MTU_DISCOVER = 10
_LINUX_PMTUDISC_DONT = 0
_LINUX_PMTUDISC_PROBE = 3
_LINUX_UDP_SEGMENT = 103
_MACOS_IP_DONTFRAG = 28
_WINDOWS_IP_DONTFRAGMENT = 14
_WINDOWS_SIO_UDP_CONNRESET = 0x9800000C

LIKE_A_CABLE = frozenset(
    {
        errno.ECONNREFUSED,
        errno.ECONNRESET,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.EMSGSIZE,
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.ENOBUFS,
        errno.EPERM,
    }
)
"""Errors a camera would not notice: the datagram is lost, nothing more. ECONNREFUSED is the peer's ICMP answer to an
earlier datagram."""

_OUT_OF_REACH = frozenset({errno.EINVAL})
"""What Linux says when a loopback address sends to another computer's."""


def open_control_socket(address: str, port: int = GVCP_PORT) -> socket.socket:
    """The camera's own socket, not shared with anybody.

    Parameters
    ----------
    address
        The camera's IPv4 address, dotted.

    Raises
    ------
    AddressInUse
        Another program, most likely another camera, holds address and port.
    UserError
        The address does not belong to this computer, or may not be used.
    """
    sock = _udp_socket()
    try:
        if sys.platform == "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.bind((address, port))
    except OSError as error:
        sock.close()
        raise _bind_failure(error, address, port) from error
    sock.settimeout(0)
    return sock


def open_message_socket(address: str) -> socket.socket:
    """The socket that messages leave from and their acknowledges come to, on a port of its own.

    Raises
    ------
    UserError
        The address does not belong to this computer, or may not be used.
    """
    return open_control_socket(address, 0)


def open_broadcast_socket(
    address: str = LIMITED_BROADCAST, port: int = GVCP_PORT, *, interface: str = ""
) -> socket.socket | None:
    """A socket that hears discovery broadcasts, shared with all cameras of this computer.

    Nothing is sent from it: clients take the camera's address from the source of the answer.

    Parameters
    ----------
    address
        The limited broadcast address, or a subnet's.
    interface
        Network interface to hear alone (on Linux); empty: all of them.

    Returns
    -------
    socket.socket or None
        None where the address cannot be bound (macOS and Windows): unicast discovery and opening by address still work.
    """
    sock = _udp_socket()
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if interface:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        sock.bind((address, port))
    except OSError:
        sock.close()
        return None
    sock.settimeout(0)
    return sock


def is_this_computer(host: str) -> bool:
    """Whether an IPv4 address is one of this computer's: nothing else can be reached from loopback."""
    if host.startswith("127."):
        return True
    with contextlib.closing(_udp_socket()) as probe:
        try:
            probe.bind((_LOOPBACK, 0))
            probe.connect((host, GVCP_PORT))
        except OSError:
            return False
    return True


def set_do_not_fragment(sock: socket.socket, enabled: bool) -> None:
    """Set or clear the DF bit of outgoing datagrams; like a camera, without probing the path for its MTU."""
    if sys.platform.startswith("linux"):
        mode = _LINUX_PMTUDISC_PROBE if enabled else _LINUX_PMTUDISC_DONT
        sock.setsockopt(socket.IPPROTO_IP, _LINUX_IP_MTU_DISCOVER, mode)
    elif sys.platform == "darwin":
        sock.setsockopt(socket.IPPROTO_IP, _MACOS_IP_DONTFRAG, int(enabled))
    elif sys.platform == "win32":
        sock.setsockopt(socket.IPPROTO_IP, _WINDOWS_IP_DONTFRAGMENT, int(enabled))


def send_quietly(sock: socket.socket, data: bytes | memoryview, host: str, port: int) -> bool:
    """Send one datagram; what a camera would not notice on its cable is no error.

    Returns
    -------
    bool
        Whether the operating system took it.
    """
    try:
        sock.sendto(data, (host, port))
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in LIKE_A_CABLE | _OUT_OF_REACH:
            raise
        return False
    return True


class StreamSocket:
    """State: the socket a stream leaves from: the camera's address, one port for as long as it is open.

    It is connected to the destination, which spares the address and route look-up of every packet.

    Parameters
    ----------
    address
        The camera's IPv4 address, dotted.
    """

    def __init__(self, address: str) -> None:
        sock = _udp_socket()
        try:
            sock.bind((address, 0))
        except OSError as error:
            sock.close()
            raise _bind_failure(error, address, 0) from error
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _STREAM_BUFFER_BYTES)
        _stay_in_network(sock, address)
        self._socket = sock
        self._connected = False
        self._target: tuple[str, int, bool] | None = None

    @property
    def port(self) -> int:
        """The source port (SCSP)."""
        return int(self._socket.getsockname()[1])

    def target(self, host: str, port: int, do_not_fragment: bool) -> None:
        """Choose where `send` sends.

        Raises
        ------
        OSError
            The destination can never be reached from this address, for instance a network address from a loopback one.
        """
        target = (host, port, do_not_fragment)
        if target == self._target:
            return
        self._target = target
        set_do_not_fragment(self._socket, do_not_fragment)
        self._connect()

    def send(self, packets: Sequence[bytes | memoryview]) -> None:
        """Send packets one by one; what a camera would not notice on its cable is no error.

        Raises
        ------
        OSError
            The socket itself is at fault.
        """
        if not self._is_connected():
            return
        send = self._socket.send
        for packet in packets:
            try:
                send(packet)
            except OSError as error:
                self._try_again(partial(send, packet), error)

    def send_runs(self, runs: Sequence[tuple[bytes | memoryview, int]]) -> None:
        """Send pieces of many packets each, which the system cuts to packets of the size given with each.

        Raises
        ------
        OSError
            The socket itself is at fault.
        """
        if not self._is_connected():
            return
        for data, packet_bytes in runs:
            cut = [(socket.IPPROTO_UDP, _LINUX_UDP_SEGMENT, packet_bytes.to_bytes(2, sys.byteorder))]
            try:
                self._socket.sendmsg([data], cut)
            except OSError as error:
                self._try_again(partial(self._socket.sendmsg, [data], cut), error)

    def descriptor(self) -> int | None:
        """The socket itself, if it is connected; errors are the caller's, see `LIKE_A_CABLE`."""
        return self._socket.fileno() if self._is_connected() else None

    def left(self, packets: Iterable[bytes | memoryview], span_ns: float) -> None:
        """Nothing: whoever sent them used this very socket."""

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    @staticmethod
    def _try_again(send: Callable[[], object], error: OSError) -> None:
        if error.errno not in LIKE_A_CABLE:
            raise error
        # A connected socket reports what became of an earlier datagram instead of sending this one.
        with contextlib.suppress(OSError):
            send()

    def _is_connected(self) -> bool:
        """Whether it is, now at the latest."""
        if not self._connected:
            self._connect()
        return self._connected

    def _connect(self) -> None:
        assert self._target is not None
        host, port, _ = self._target
        self._connected = False
        try:
            self._socket.connect((host, port))
        except OSError as error:
            if error.errno not in LIKE_A_CABLE:
                own_host = self._socket.getsockname()[0]
                raise OSError(error.errno, f"{own_host} cannot stream to {host}: {error.strerror}") from error
            return
        self._connected = True


def _stay_in_network(sock: socket.socket, address: str) -> None:
    """Multicast leaves by the camera's own interface and passes no router; receivers on this computer get it too."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)


def _udp_socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if sys.platform == "win32":
        # Else one ICMP "port unreachable" makes every later receive fail.
        sock.ioctl(_WINDOWS_SIO_UDP_CONNRESET, 0)
    return sock


def _bind_failure(error: OSError, address: str, port: int) -> UserError:
    where = f"{address}:{port}" if port else address
    if error.errno == errno.EADDRINUSE:
        return AddressInUse(
            f"{where} is in use, most likely by another camera: stop that one, or choose another address with "
            f"--address (on Linux every address from 127.0.0.1 to 127.255.255.254 works)"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return UserError(f"{address} is not an address of this computer: choose one of its addresses with --address")
    if error.errno == errno.EACCES:
        return UserError(f"no permission to use {where}: choose another address with --address")
    return UserError(f"cannot use {where}: {error.strerror}")
