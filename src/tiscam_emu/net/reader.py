"""A client that reads a camera's registers, takes no control and writes nothing.

Source: GigE Vision 2.x, chapters "Control protocol" (retransmission, PENDING_ACK) and "Control Channel Dictionary".
"""

from __future__ import annotations

import socket
import struct
import time
from ipaddress import AddressValueError, IPv4Address
from types import TracebackType
from typing import Self

from tiscam_emu.errors import InvalidOption, RegisterError, Status, UserError
from tiscam_emu.foreign.saving.reading import NoAnswer
from tiscam_emu.net.interfaces import interface_addresses
from tiscam_emu.wire import gvcp, gvcp_codec
from tiscam_emu.wire.gvcp import Command

TIMEOUT_S = 0.5
TRIES = 4
LONGEST_PENDING_S = 10.0
_LARGEST_DATAGRAM = 2048
_BUSY_PAUSE_S = 0.05
_MEMORY_REFUSED = {Status.NOT_IMPLEMENTED, Status.INVALID_PARAMETER, Status.INVALID_ADDRESS}


class Refused(RegisterError):
    """The camera answered with an error; `status` is its number, which need not be one of the standard's."""

    def __init__(self, status: int) -> None:
        known = status in set(Status)
        super().__init__(Status(status).name if known else f"status 0x{status:04x}")
        self.status = Status(status) if known else Status.ERROR


class CameraReader:
    """State: the socket, the number of the last request, and how many have been sent."""

    def __init__(self, address: str, interface: str = "", *, port: int = gvcp.GVCP_PORT) -> None:
        """Open a socket to the camera at an address; nothing is sent yet.

        Parameters
        ----------
        interface
            Name of the network interface whose address requests are to come from; empty: the system's choice.

        Raises
        ------
        InvalidOption
            The address is none, or there is no such interface.
        UserError
            There is no way to the address.
        """
        try:
            self.address = str(IPv4Address(address))
        except AddressValueError:
            raise InvalidOption(f"address {address!r}: must be an IPv4 address such as 192.168.0.10") from None
        source = interface_addresses(interface)[0] if interface else ""
        self.requests = 0
        self._id = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((source, 0))
            self._socket.connect((self.address, port))  # answers of others are not heard
        except OSError as error:
            self._socket.close()
            raise UserError(f"address {self.address}: {error.strerror}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def discover(self) -> bytes:
        """The camera's first 248 bytes of registers, which it answers discovery with; asked at its address alone.

        Raises
        ------
        UserError
            Nobody answers there, or no camera.
        """
        try:
            payload = self._answer(gvcp.DiscoveryCmd(self._next_id()), Command.DISCOVERY_ACK)
        except NoAnswer:
            raise UserError(f"{self.address}: no camera answers there") from None
        except Refused as error:
            raise UserError(f"{self.address}: answers discovery with {error}") from None
        if len(payload) < gvcp.DISCOVERY_BYTES:
            raise UserError(f"{self.address}: answers discovery with {len(payload)} bytes; no camera of GigE Vision")
        return payload[: gvcp.DISCOVERY_BYTES]

    def read(self, address: int, length: int) -> bytes:
        """See `foreign.saving.reading.Reader`; by READMEM, or READREG where a camera wants that of one register."""
        try:
            payload = self._answer(gvcp.ReadMemCmd(self._next_id(), address, length), Command.READMEM_ACK)
        except Refused as error:
            if length != 4 or error.status not in _MEMORY_REFUSED:
                raise
            try:
                return self._answer(gvcp.ReadRegCmd(self._next_id(), (address,)), Command.READREG_ACK)[:4]
            except Refused:
                raise error from None
        if len(payload) < 4 + length:
            raise NoAnswer(f"answered {max(0, len(payload) - 4)} bytes for {length}")
        return payload[4 : 4 + length]

    def _next_id(self) -> int:
        self._id = self._id % 0xFFFF + 1
        return self._id

    def _answer(self, command: gvcp.Cmd, expected: Command) -> bytes:
        """The payload of the acknowledge; the same request again if none comes, or the camera is busy."""
        datagram = gvcp_codec.build_command(command)
        error: RegisterError = NoAnswer("no answer")
        for _ in range(TRIES):
            self.requests += 1
            try:
                self._socket.send(datagram)
                return self._await(command.req_id, expected)
            except TimeoutError:
                error = NoAnswer("no answer")
            except OSError:  # somebody on the way says that nobody is there; a camera that starts may be soon
                error = NoAnswer("no answer")
                time.sleep(_BUSY_PAUSE_S)
            except Refused as refused:
                if refused.status is not Status.BUSY:
                    raise
                error = refused
                time.sleep(_BUSY_PAUSE_S)
        raise error

    def _await(self, req_id: int, expected: Command) -> bytes:
        """The answer to this request; late and doubled ones to others, and what is no answer, are passed over."""
        deadline = time.monotonic() + TIMEOUT_S
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            datagram = self._socket.recv(_LARGEST_DATAGRAM)
            header = gvcp_codec.parse_ack_header(datagram)
            if header is None or header.ack_id != req_id:
                continue
            if header.ack == Command.PENDING_ACK and header.length >= 4:
                (pending_ms,) = struct.unpack_from(">H", datagram, gvcp.HEADER_BYTES + 2)
                deadline = time.monotonic() + min(pending_ms / 1000 + TIMEOUT_S, LONGEST_PENDING_S)
            elif header.ack == expected:
                if header.status != Status.SUCCESS:
                    raise Refused(header.status)
                return datagram[gvcp.HEADER_BYTES :]
        raise TimeoutError
