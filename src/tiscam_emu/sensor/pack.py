"""How components become bytes: one function per row of `Packing`.

Raw formats have one component per pixel, a 12-bit value; the colour formats have 8-bit planes whose chrominance may
be narrower than the luminance. Byte orders: PFNC ("p" formats), GigE Vision 1.x ("Packed" formats).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.pixel_formats import Packing

Plane = NDArray[Any]
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint16]
ByteValues = NDArray[np.uint8] | NDArray[np.int16]
"""Bytes, or wider integers that hold one each: who lays them out makes bytes of them, which saves going over them."""

Write = Callable[[int, ByteValues], None]
"""Takes bytes of a frame, part by part and in order: the first one's place, and contiguous bytes."""


def pack_8(dn12: Words, out: Bytes) -> None:
    """Write the upper eight of twelve bits."""
    np.right_shift(dn12, 4, out=out, casting="unsafe")


def pack_16(dn12: Words, out: Bytes) -> None:
    """Write twelve bits in the high bits of a little-endian 16-bit word."""
    np.left_shift(dn12, 4, out=out.view("<u2"))


def pack_12p(dn12: Words, out: Bytes) -> None:
    """Write two pixels as three bytes, least significant bits first (PFNC ``12p``)."""
    pairs = dn12.view("<u4")
    group = pairs >> 4
    group &= 0xFFF000
    group |= pairs & 0xFFF
    _write_groups(group, out)


def pack_12packed(dn12: Words, out: Bytes) -> None:
    """Write two pixels as three bytes: high bits, both low nibbles, high bits (GigE Vision 1.x ``12Packed``)."""
    pairs = dn12.view("<u4")
    group = pairs >> 4
    group &= 0xFFF0FF
    group |= (pairs << 8) & 0xF00
    _write_groups(group, out)


def _write_groups(group: NDArray[Any], out: Bytes) -> None:
    parts = group.view(np.uint8)
    for position in range(3):
        out[position::3] = parts[position::4]


RAW_PACKERS: dict[Packing, Callable[[Words, Bytes], None]] = {
    "8": pack_8,
    "16": pack_16,
    "12p": pack_12p,
    "12Packed": pack_12packed,
}
"""Flat 12-bit values (contiguous, whole groups) to flat bytes."""


def interleave_y0_cb_y1_cr(planes: Sequence[Plane]) -> Plane:
    """Order (Y, Cb, Cr) as Y0 Cb Y1 Cr; chrominance has half the width."""
    luma, blue, red = planes
    lines = np.empty((luma.shape[0], 2 * luma.shape[1]), luma.dtype)
    lines[:, 0::2], lines[:, 1::4], lines[:, 3::4] = luma, blue, red
    return lines


def interleave_y0_y1_cb_y2_y3_cr(planes: Sequence[Plane]) -> Plane:
    """Order (Y, Cb, Cr) as Y0 Y1 Cb Y2 Y3 Cr; chrominance has a quarter of the width."""
    return _interleave_411(planes, luma_at=(0, 1, 3, 4), blue_at=2, red_at=5)


def interleave_cb_y0_y1_cr_y2_y3(planes: Sequence[Plane]) -> Plane:
    """Order (Y, Cb, Cr) as Cb Y0 Y1 Cr Y2 Y3; chrominance has a quarter of the width."""
    return _interleave_411(planes, luma_at=(1, 2, 4, 5), blue_at=0, red_at=3)


def _interleave_411(planes: Sequence[Plane], luma_at: tuple[int, ...], blue_at: int, red_at: int) -> Plane:
    luma, blue, red = planes
    lines = np.empty((luma.shape[0], luma.shape[1] // 4 * 6), luma.dtype)
    for pixel, position in enumerate(luma_at):
        lines[:, position::6] = luma[:, pixel::4]
    lines[:, blue_at::6], lines[:, red_at::6] = blue, red
    return lines


def interleave_bgr(planes: Sequence[Plane]) -> Plane:
    """Order (B, G, R) planes as B G R."""
    blue, green, red = planes
    lines = np.empty((blue.shape[0], 3 * blue.shape[1]), blue.dtype)
    lines[:, 0::3], lines[:, 1::3], lines[:, 2::3] = blue, green, red
    return lines


def _single(planes: Sequence[Plane]) -> Plane:
    (plane,) = planes
    return plane


INTERLEAVERS: dict[Packing, Callable[[Sequence[Plane]], Plane]] = {
    "8": _single,
    "Y0CbY1Cr": interleave_y0_cb_y1_cr,
    "Y0Y1CbY2Y3Cr": interleave_y0_y1_cb_y2_y3_cr,
    "CbY0Y1CrY2Y3": interleave_cb_y0_y1_cr_y2_y3,
    "BGR": interleave_bgr,
}
"""Planes of any type to lines of components in the order of the wire."""
