"""The stamp: what a frame can carry in its first bytes so that a test can tell which one it holds, bit by bit.

The stamp replaces the first `STAMP_BYTES` bytes of the image data as they are transmitted, whatever pixel format they
are in. All numbers are big-endian, as in the headers of GVSP.

====== ===== ===========================================================
offset bytes what
====== ===== ===========================================================
0      4     magic, the letters ``TcEm``
4      2     version of this layout, 1
6      2     length of the stamp in bytes, 40
8      8     frame id: exposures since power-up, the first being 0
16     8     device timestamp in nanoseconds, the one of the GVSP leader
24     8     length of the image data in bytes, the stamp included
32     4     CRC-32 of the image data behind the stamp
36     4     CRC-32 of the 36 bytes before
====== ===== ===========================================================

CRC-32 is that of IEEE 802.3 and of `zlib.crc32`: it notices every change of up to 32 neighbouring bits.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Any

from tiscam_emu.errors import StampError
from tiscam_emu.units import Nanoseconds

MAGIC = b"TcEm"
VERSION = 1
_HEAD = struct.Struct(">4sHHQQQI")
_OWN_CRC = struct.Struct(">I")
STAMP_BYTES = _HEAD.size + _OWN_CRC.size


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a stamped frame says of itself.

    Attributes
    ----------
    frame_id
        Exposures since power-up, the first being 0; a frame that was skipped leaves a gap.
    timestamp_ns
        Device time at which the exposure began, as in the GVSP leader.
    image_bytes
        Length of the image data; chunk data come behind them.
    """

    frame_id: int
    timestamp_ns: Nanoseconds
    image_bytes: int


class StampMaker:
    """State: the checksum of a frame's image data, which come part by part and in order."""

    def __init__(self) -> None:
        self._image_bytes = 0
        self._crc = 0

    def add(self, part: Any) -> None:
        """Take the next part of the image data, a contiguous buffer of any length."""
        data = memoryview(part).cast("B")
        self._crc = zlib.crc32(data[max(STAMP_BYTES - self._image_bytes, 0) :], self._crc)
        self._image_bytes += len(data)

    def stamp(self, frame_id: int, timestamp_ns: Nanoseconds) -> bytes:
        """The bytes that replace the first `STAMP_BYTES` of the image data, once all have come.

        Raises
        ------
        ValueError
            The image has no room for them.
        """
        if self._image_bytes < STAMP_BYTES:
            raise ValueError(f"an image of {self._image_bytes} bytes has no room for a stamp of {STAMP_BYTES}")
        head = _HEAD.pack(MAGIC, VERSION, STAMP_BYTES, frame_id, timestamp_ns, self._image_bytes, self._crc)
        return head + _OWN_CRC.pack(zlib.crc32(head))


def write_stamp(image: Any, frame_id: int, timestamp_ns: Nanoseconds) -> None:
    """Stamp image data in place.

    Parameters
    ----------
    image
        A contiguous writable buffer of bytes: the image data without chunks.

    Raises
    ------
    ValueError
        See `StampMaker.stamp`.
    """
    maker = StampMaker()
    maker.add(image)
    memoryview(image).cast("B")[:STAMP_BYTES] = maker.stamp(frame_id, timestamp_ns)


def read_stamp(payload: Any) -> Stamp:
    """Read the stamp of a received frame and check that each bit of it arrived.

    Parameters
    ----------
    payload
        The frame's bytes as received, not unpacked or converted, in any pixel format: ``bytes``, a numpy array, or any
        other contiguous buffer. Chunk data or unused memory may follow the image data.

    Returns
    -------
    Stamp
        Only if stamp and image data are intact.

    Raises
    ------
    StampError
        There is no stamp, it is damaged or of another version, or the image data are cut short or damaged; the message
        names the checksum that failed.
    """
    data = memoryview(payload).cast("B")
    if len(data) < STAMP_BYTES:
        raise StampError(f"no stamp: {len(data)} bytes are fewer than the {STAMP_BYTES} of a stamp")
    head = bytes(data[: _HEAD.size])
    magic, version, _, frame_id, timestamp_ns, image_bytes, crc = _HEAD.unpack(head)
    if magic != MAGIC:
        raise StampError(f"no stamp: the frame begins with {magic.hex(' ')}, not with {MAGIC.hex(' ')}")
    (own_crc,) = _OWN_CRC.unpack(data[_HEAD.size : STAMP_BYTES])
    if zlib.crc32(head) != own_crc:
        raise StampError(f"stamp damaged: its bytes have CRC-32 {zlib.crc32(head):08x}, not {own_crc:08x} as it says")
    if version != VERSION:
        raise StampError(f"stamp of version {version}: only version {VERSION} can be read")
    if image_bytes > len(data):
        raise StampError(f"frame {frame_id} is cut short: {len(data)} of {image_bytes} bytes of image data are there")
    if (seen := zlib.crc32(data[STAMP_BYTES:image_bytes])) != crc:
        raise StampError(
            f"frame {frame_id} damaged: its {image_bytes - STAMP_BYTES} bytes behind the stamp have "
            f"CRC-32 {seen:08x}, not {crc:08x} as the stamp says"
        )
    return Stamp(frame_id, timestamp_ns, image_bytes)
