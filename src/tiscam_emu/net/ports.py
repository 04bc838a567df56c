"""The sockets of one camera: opened together, read, and closed together."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Iterator
from pathlib import Path

from tiscam_emu.errors import UserError
from tiscam_emu.net.options import ServeOptions
from tiscam_emu.net.recorder import RecordedSocket, Recorder, RecordingSink
from tiscam_emu.net.sockets import (
    LIMITED_BROADCAST,
    StreamSocket,
    is_this_computer,
    open_broadcast_socket,
    open_control_socket,
    open_message_socket,
)
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.gvcp import Command

DATAGRAM_BYTES = 2048
_RECEIVED_PER_TURN = 256
_TO_EVERYBODY = frozenset(
    int(command).to_bytes(2, "big") for command in (Command.DISCOVERY_CMD, Command.FORCEIP_CMD, Command.ACTION_CMD)
)
"""Commands that are obeyed if they come by broadcast; all others are meant for one camera, and ignored."""

log = logging.getLogger("tiscam_emu")
Wire = tuple[socket.socket, Endpoint]
"""Socket and peer of a datagram."""


class Ports:
    """State: the sockets, and what records them.

    Parameters
    ----------
    persistent_address
        Where the camera wants to be; if it cannot, it is at the address of the options. Empty for nowhere else.

    Attributes
    ----------
    options
        With the address at which the camera is.
    recorder
        None without a recording.

    Raises
    ------
    AddressInUse, UserError
        If the address is taken or does not belong to this computer, or the recording cannot be written.
    """

    def __init__(self, options: ServeOptions, persistent_address: str) -> None:
        self.options = options
        self._resources = contextlib.ExitStack()
        try:
            self._open(persistent_address)
        except UserError:
            self.close()
            raise

    def _open(self, persistent_address: str) -> None:
        self.recorder = self._start_recorder()
        self.control = self._kept_open(self._open_control_socket(persistent_address))
        self._broadcast = [self._kept_open(sock) for sock in self._open_broadcast_sockets()]
        self.message = self._kept_open(open_message_socket(self.options.address))
        self.all = (self.control, *self._broadcast, self.message)
        stream = self._resources.enter_context(contextlib.closing(StreamSocket(self.options.address)))
        self.stream: StreamSocket | RecordingSink = stream
        if self.recorder is not None:
            self.stream = RecordingSink(stream, self.recorder, self.options.address)
            self.recorder.wait_open()

    def close(self) -> None:
        """Close them all, the recording last."""
        self._resources.close()

    def received(self, sock: socket.socket) -> Iterator[tuple[Wire, bytes]]:
        """What has come to one of them and is for this camera, up to what one turn of the loop may take."""
        for _ in range(_RECEIVED_PER_TURN):
            try:
                data, (host, port) = sock.recvfrom(DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError as error:  # an ICMP answer to an earlier datagram
                log.debug("receiving: %s", error)
                continue
            if sock not in self._broadcast or self._is_for_everybody(data, host):
                yield (sock, Endpoint(host, port)), data

    def _is_for_everybody(self, data: bytes, host: str) -> bool:
        return data[2:4] in _TO_EVERYBODY and (bool(self.options.interface) or is_this_computer(host))

    def _open_control_socket(self, wanted: str) -> socket.socket:
        address = self.options.address
        if wanted not in {"", address}:
            try:
                moved = self.options.moved_to(wanted)
                sock = open_control_socket(wanted)
            except UserError as error:
                log.warning("cannot start at the persistent address %s, but at %s: %s", wanted, address, error)
            else:
                log.warning("starts at the persistent address %s, not at %s", wanted, address)
                self.options = moved
                return sock
        return open_control_socket(address)

    def _open_broadcast_sockets(self) -> list[socket.socket]:
        network = self.options.network()
        if network is None:
            sockets = [open_broadcast_socket()]
        else:
            log.warning("everybody on %s can use the camera at %s", network.name, network.address)
            addresses = [address for address in (LIMITED_BROADCAST, network.broadcast) if address]
            sockets = [open_broadcast_socket(address, interface=network.name) for address in addresses]
            if None in sockets:
                log.warning("%s: broadcasts cannot be heard, the camera is found by its address alone", network.address)
        return [sock for sock in sockets if sock is not None]

    def _kept_open(self, sock: socket.socket) -> socket.socket:
        if self.recorder is not None:
            sock = RecordedSocket(sock, self.recorder)
        return self._resources.enter_context(contextlib.closing(sock))

    def _start_recorder(self) -> Recorder | None:
        options = self.options
        if not options.record:
            return None
        recorder = Recorder(Path(options.record), options.record_limit, lambda text: log.error("%s", text))
        return self._resources.enter_context(contextlib.closing(recorder))
