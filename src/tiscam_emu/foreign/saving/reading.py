"""What saving a camera needs of it: bytes at addresses, and nothing written."""

from __future__ import annotations

from typing import Protocol

from tiscam_emu.errors import RegisterError


class NoAnswer(RegisterError):
    """The camera does not answer, however often it is asked."""


class Reader(Protocol):
    """A camera that is read."""

    def read(self, address: int, length: int) -> bytes:
        """The bytes from `address` on, in one request; at most 512, both numbers multiples of 4.

        Raises
        ------
        NoAnswer
            However often it is asked.
        RegisterError
            The camera refuses, and says why.
        """
