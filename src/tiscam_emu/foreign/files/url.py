"""Where a camera says that its description is, in all the forms that URLs of cameras have.

Source: GigE Vision 2.x, chapter "Device description file"; the stranger forms are those that clients accept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

_LOCAL = re.compile(
    r"\s*local:/{0,3}\s*([^;]*?)\s*;\s*(?:0x)?([0-9a-f]+)\s*;\s*(?:0x)?([0-9a-f]+)\s*(?:\?.*)?",
    re.IGNORECASE | re.DOTALL,
)
_ELSEWHERE = re.compile(r"\s*(file|https?|ftp):(.*)", re.IGNORECASE | re.DOTALL)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
MAX_NAME = 120


@dataclass(frozen=True, slots=True)
class DescriptionUrl:
    """A description file.

    Attributes
    ----------
    where
        `local` in the camera's memory, at `address`, `length` bytes as stored; `elsewhere` on a disk or in a network.
    name
        The file's own name, fit for a URL.
    """

    where: Literal["local", "elsewhere"]
    name: str
    address: int = 0
    length: int = 0


def parse_url(text: str) -> DescriptionUrl | None:
    """What a URL register says; None if it says nothing that is understood."""
    if local := _LOCAL.fullmatch(text):
        return DescriptionUrl("local", safe_name(local[1]), int(local[2], 16), int(local[3], 16))
    if elsewhere := _ELSEWHERE.fullmatch(text):
        return DescriptionUrl("elsewhere", safe_name(re.split(r"[?;]", elsewhere[2])[0].strip()))
    return None


def safe_name(name: str, default: str = "camera.xml") -> str:
    """The last part of a path with nothing in it that ends a name in a URL, at most `MAX_NAME` characters."""
    last = PurePosixPath(name.replace("\\", "/")).name
    clean = _UNSAFE.sub("_", last)
    stem, dot, suffix = clean.rpartition(".")
    if not dot or suffix.lower() not in {"xml", "zip"}:
        stem, suffix = clean, default.rpartition(".")[2]
    stem = stem[: MAX_NAME - 4].strip("_.") or default.rpartition(".")[0]
    return f"{stem}.{suffix}"
