"""What a camera of one's own is where its file says nothing: what follows from the numbers that it gives.

What the file, or one of its own that it extends, gives itself is left alone. What comes from a packaged file gives way
to what follows from a number of one's own: a sensor of another size brings its own limits of Width.
"""

from __future__ import annotations

import copy
import re
import uuid
import zlib
from collections.abc import Mapping
from typing import Any

from tiscam_emu.spec.catalog import is_packaged
from tiscam_emu.spec.files import Merged

_SMALLEST = 16
_SIZE_STEP, _REGION_STEP = 4, 2
_SAME_LIMITS = {
    "ExposureTime": ("ExposureAutoLowerLimit", "ExposureAutoUpperLimit", "ChunkExposureTime"),
    "Gain": ("GainAutoLowerLimit", "GainAutoUpperLimit", "ChunkGain"),
}
"""Limits that are those of another feature, where the camera has the feature."""
_GUIDS = uuid.UUID("6f1ad9d2-0c43-4b0e-9a5c-7a5ed0c5a3e1")


def completed(merged: Merged) -> dict[str, Any]:
    """The content of a file of one's own, with what follows from it filled in."""
    content = copy.deepcopy(merged.content)
    filler = _Filler(content, merged)
    _identify(filler, merged)
    _size(filler, "width", "Width", "OffsetX")
    _size(filler, "height", "Height", "OffsetY")
    _region(filler, "width", "AutoFunctionsROILeft", "AutoFunctionsROIWidth")
    _region(filler, "height", "AutoFunctionsROITop", "AutoFunctionsROIHeight")
    _forget_formats(filler)
    for source, followers in _SAME_LIMITS.items():
        for follower in followers:
            if filler.get("features", follower) is not None:
                for key in ("min", "max"):
                    filler.follow(filler.get("features", source, key), ("features", source, key), follower, key)
    return content


class _Filler:
    """State: the content that is being completed."""

    def __init__(self, content: dict[str, Any], merged: Merged) -> None:
        self._content = content
        self._merged = merged

    def get(self, *where: str) -> Any:
        found: Any = self._content
        for key in where:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def own(self, *where: str) -> bool:
        """Whether a file that is not of the package gives the key."""
        origin = self._merged.origins.get(where)
        return origin is not None and not is_packaged(origin) and self.get(*where) is not None

    def fill(self, value: Any, *where: str, follows: bool) -> None:
        """Give a key its value unless the user has; `follows` says whether that takes the place of a packaged one."""
        if self.own(*where) or (not follows and self.get(*where) is not None):
            return
        place: Any = self._content
        for key in where[:-1]:
            place = place.setdefault(key, {}) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place[where[-1]] = value

    def follow(self, value: Any, source: tuple[str, ...], feature: str, key: str) -> None:
        """Fill in a key of a feature's row by what follows from `source`."""
        if value is not None:
            self.fill(value, "features", feature, key, follows=self.own(*source))


def _identify(filler: _Filler, merged: Merged) -> None:
    filler.fill(_cut(merged.path.stem), "identity", "name", follows=False)
    filler.fill("tiscam-emu", "identity", "vendor", follows=False)
    name, vendor = (str(filler.get("identity", key)) for key in ("name", "vendor"))
    renamed = filler.own("identity", "name")
    made = {
        "xml_model_name": _identifier(name),
        "product_guid": str(uuid.uuid5(_GUIDS, f"{vendor}/{name}")).upper(),
        "serial": f"{zlib.crc32(name.encode(errors='replace')) % 10**8:08d}",
        "device_version": "1.0",
        "firmware_version": "1.0",
        "manufacturer_info": "",
    }
    for key, value in made.items():
        filler.fill(value, "identity", key, follows=renamed)
    filler.fill(_identifier(vendor), "identity", "xml_vendor_name", follows=filler.own("identity", "vendor"))


def _cut(text: str) -> str:
    return text.encode(errors="replace")[:31].decode(errors="ignore") or "camera"


def _identifier(text: str) -> str:
    """A name of letters, digits and _ alone."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", text)
    return name if re.match(r"[A-Za-z]", name) else f"Camera_{name}"


def _size(filler: _Filler, axis: str, size: str, offset: str) -> None:
    """Limits of size and offset along one axis of the sensor."""
    sensor, highest = ("sensor", axis), ("features", size, "max")
    pixels = _pixels(filler, axis)
    for key, value in {"min": _SMALLEST, "inc": _SIZE_STEP}.items():
        filler.fill(value, "features", size, key, follows=False)
    for key, value in {"min": 0, "inc": _SIZE_STEP, "default": 0}.items():
        filler.fill(value, "features", offset, key, follows=False)
    low, step = (filler.get("features", size, key) for key in ("min", "inc"))
    filler.follow(_highest(low, pixels, step), sensor, size, "max")
    high = filler.get(*highest)
    source = highest if filler.own(*highest) else sensor
    filler.follow(high, source, size, "default")
    most = _highest(low, high, filler.get("features", offset, "inc"), from_zero=True)
    filler.follow(most, source, offset, "max")


def _region(filler: _Filler, axis: str, corner: str, extent: str) -> None:
    """Limits of the region of interest of the automatics along one axis."""
    pixels = _pixels(filler, axis)
    if pixels is None or filler.get("features", "AutoFunctionsROIEnable") is None:
        return
    for name, least, most in ((corner, 0, pixels - _SMALLEST), (extent, _SMALLEST, pixels)):
        filler.fill(least, "features", name, "min", follows=False)
        filler.fill(_REGION_STEP, "features", name, "inc", follows=False)
        filler.follow(most // _REGION_STEP * _REGION_STEP, ("sensor", axis), name, "max")


def _forget_formats(filler: _Filler) -> None:
    """Leave out what packaged files say about pixel formats that a file of one's own has not chosen."""
    chosen = filler.get("features", "PixelFormat", "entries")
    for section in ("timing", "sensor"):
        rows = filler.get(section, "formats")
        for name in list(rows) if isinstance(rows, dict) and isinstance(chosen, list | None) else ():
            if name not in (chosen or ()) and not filler.own(section, "formats", name):
                del rows[name]


def _pixels(filler: _Filler, axis: str) -> int | None:
    """Rows or columns of the sensor; None for what the schema will refuse."""
    given = filler.get("sensor", axis)
    pixels = given.get("value") if isinstance(given, dict) else given
    return pixels if type(pixels) is int and pixels >= _SMALLEST else None


def _highest(low: Any, high: Any, step: Any, *, from_zero: bool = False) -> int | None:
    """The last of the steps from `low`, or of those that its distance from `high` has; None for no whole numbers."""
    if not all(type(number) is int for number in (low, high, step)) or step <= 0:
        return None
    steps = max(high - low, 0) // step
    return int(steps * step if from_zero else low + steps * step)
