"""How components become bytes: one row per `Packing`.

Raw formats have one component per pixel, a 12-bit value, of which narrower formats carry the upper bits; the colour
formats have 8-bit planes whose chrominance may be narrower than the luminance. Byte orders: PFNC ("p" formats),
GigE Vision 1.x ("Packed" formats).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tiscam_emu.pixel_formats import Packing

Plane = NDArray[Any]
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint16]
PackRaw = Callable[[Words, Bytes], None]

WORDS: frozenset[Packing] = frozenset({"10", "12", "14", "16"})
"""Packings of one 16-bit word per pixel; they can be packed in place."""


def pack_8(dn12: Words, out: Bytes) -> None:
    """Write the upper eight of twelve bits."""
    np.right_shift(dn12, 4, out=out, casting="unsafe")


def pack_10(dn12: Words, out: Bytes) -> None:
    """Write the upper ten of twelve bits in the low bits of a little-endian 16-bit word."""
    np.right_shift(dn12, 2, out=out.view("<u2"))


def pack_12(dn12: Words, out: Bytes) -> None:
    """Write twelve bits in the low bits of a little-endian 16-bit word."""
    np.copyto(out.view("<u2"), dn12)


def pack_14(dn12: Words, out: Bytes) -> None:
    """Write twelve bits in the high bits of the lower fourteen of a little-endian 16-bit word."""
    np.left_shift(dn12, 2, out=out.view("<u2"))


def pack_16(dn12: Words, out: Bytes) -> None:
    """Write twelve bits in the high bits of a little-endian 16-bit word."""
    np.left_shift(dn12, 4, out=out.view("<u2"))


def pack_10p(dn12: Words, out: Bytes) -> None:
    """Write the upper ten bits of four pixels as five bytes, least significant bits first (PFNC ``10p``)."""
    fours = dn12.view("<u8") >> 2
    group = fours & 0x3FF
    for position in range(1, 4):
        fours >>= 6
        group |= fours & 0x3FF << 10 * position
    _write_groups(group, out, 5)


def pack_12p(dn12: Words, out: Bytes) -> None:
    """Write two pixels as three bytes, least significant bits first (PFNC ``12p``)."""
    pairs = dn12.view("<u4")
    group = pairs >> 4
    group &= 0xFFF000
    group |= pairs & 0xFFF
    _write_groups(group, out, 3)


def pack_10packed(dn12: Words, out: Bytes) -> None:
    """Write the upper ten bits of two pixels as three bytes, high bits, both low pairs of bits, high bits.

    GigE Vision 1.x ``10Packed``.
    """
    pairs = dn12.view("<u4")
    group = pairs >> 4
    group &= 0xFF00FF
    group |= (pairs << 6) & 0x300
    group |= (pairs >> 6) & 0x3000
    _write_groups(group, out, 3)


def pack_12packed(dn12: Words, out: Bytes) -> None:
    """Write two pixels as three bytes: high bits, both low nibbles, high bits (GigE Vision 1.x ``12Packed``)."""
    pairs = dn12.view("<u4")
    group = pairs >> 4
    group &= 0xFFF0FF
    group |= (pairs << 8) & 0xF00
    _write_groups(group, out, 3)


def _write_groups(group: NDArray[Any], out: Bytes, count: int) -> None:
    parts = group.view(np.uint8)
    for position in range(count):
        out[position::count] = parts[position :: group.itemsize]


def _pack_groups(pack: PackRaw, pixels: int, group_bytes: int, dn12: Words, out: Bytes) -> None:
    """Pack groups of pixels; what the last one lacks is zero, and as much of it is written as `out` has room for."""
    groups, rest = divmod(dn12.size, pixels)
    if not rest:
        pack(dn12, out)
        return
    pack(dn12[: groups * pixels], out[: groups * group_bytes])
    last, packed = np.zeros(pixels, np.uint16), np.empty(group_bytes, np.uint8)
    last[:rest] = dn12[groups * pixels :]
    pack(last, packed)
    end = out[groups * group_bytes :]
    end[...] = packed[: end.size]


RAW_PACKERS: dict[Packing, PackRaw] = {
    "8": pack_8,
    "10": pack_10,
    "12": pack_12,
    "14": pack_14,
    "16": pack_16,
    "10p": partial(_pack_groups, pack_10p, 4, 5),
    "12p": partial(_pack_groups, pack_12p, 2, 3),
    "10Packed": partial(_pack_groups, pack_10packed, 2, 3),
    "12Packed": partial(_pack_groups, pack_12packed, 2, 3),
}
"""Flat 12-bit values (contiguous) to flat bytes, `PixelFormat.raw_bytes` of them."""

COMPONENT_ORDER: dict[Packing, tuple[str, ...]] = {
    "YCbCr": ("Y", "Cb", "Cr"),
    "CbYCr": ("Cb", "Y", "Cr"),
    "Y0CbY1Cr": ("Y", "Cb", "Y", "Cr"),
    "CbY0CrY1": ("Cb", "Y", "Cr", "Y"),
    "Y0Y1CbY2Y3Cr": ("Y", "Y", "Cb", "Y", "Y", "Cr"),
    "CbY0Y1CrY2Y3": ("Cb", "Y", "Y", "Cr", "Y", "Y"),
    "RGB": ("R", "G", "B"),
    "BGR": ("B", "G", "R"),
    "RGBa": ("R", "G", "B", "a"),
    "BGRa": ("B", "G", "R", "a"),
}
"""Components of one group of pixels in the order of the wire; ``a`` is opacity."""

PLANES = {"Y": 0, "Cb": 1, "Cr": 2, "B": 0, "G": 1, "R": 2}


class Interleave(Protocol):
    """Takes planes of any type, (Y, Cb, Cr) or (B, G, R), to lines of components in the order of the wire."""

    def __call__(self, planes: Sequence[Plane], opaque: Any = 255) -> Plane:
        """Interleave; `opaque` is what all of the opacity is, a number or a plane."""


def _single(planes: Sequence[Plane], opaque: Any = 255) -> Plane:  # noqa: ARG001
    (plane,) = planes
    return plane


def _interleave(order: tuple[str, ...], planes: Sequence[Plane], opaque: Any = 255) -> Plane:
    pixels = max(order.count("Y"), 1)
    height, width = planes[0].shape
    groups = -(-width // pixels)
    first = planes[0] if width == groups * pixels else _prolonged(planes[0], groups * pixels)
    lines = np.empty((height, groups * len(order)), first.dtype)
    for position, name in enumerate(order):
        count = order.count(name)
        if name == "a":
            lines[:, position :: len(order)] = opaque
            continue
        plane = planes[PLANES[name]] if PLANES[name] else first
        lines[:, position :: len(order)] = plane[:, order[:position].count(name) :: count]
    return lines[:, : _line_components(order, width)]


def _line_components(order: tuple[str, ...], width: int) -> int:
    whole = 2 if order.count("Y") == 4 else 1  # pixels after which a line can end
    return -(-width // whole) * whole * len(order) // max(order.count("Y"), 1)


def line_components(packing: Packing, width: int) -> int:
    """Components of a line of a colour format, which are bytes: `PixelFormat.line_bytes`."""
    return _line_components(COMPONENT_ORDER[packing], width)


def _prolonged(plane: Plane, width: int) -> Plane:
    return np.pad(plane, ((0, 0), (0, width - plane.shape[1])), mode="edge")


INTERLEAVERS: dict[Packing, Interleave] = {
    "8": _single,
    **{packing: partial(_interleave, order) for packing, order in COMPONENT_ORDER.items()},
}
"""Planes to lines of components; of a width that is no whole group, lines are as in `PixelFormat.line_bytes`."""
