"""Which faults a camera and its cable have: as text, as keywords, checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from tiscam_emu.camera.control.device_faults import HEALTHY, DeviceFaults
from tiscam_emu.errors import InvalidOption


@dataclass(frozen=True, slots=True)
class LinkFaults:
    """What happens to datagrams on a link; the defaults are a perfect one.

    Attributes
    ----------
    drop
        Share of datagrams that are lost, 0 to 1.
    burst
        Losses come this many datagrams in a row; `drop` stays their share.
    duplicate
        Share that arrives twice.
    reorder
        Share that arrives after the datagram that follows; 5 ms late if none does.
    corrupt
        Share in which one bit is wrong, as behind a receiver that does not look at checksums.
    truncate
        Share that ends early.
    mtu
        Largest datagram that gets through, in bytes with its IP and UDP headers; 0: any.
    delay_ms, jitter_ms
        How long every datagram takes, and by how much that varies evenly at random.
    """

    drop: float = 0.0
    burst: int = 1
    duplicate: float = 0.0
    reorder: float = 0.0
    corrupt: float = 0.0
    truncate: float = 0.0
    mtu: int = 0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0


PERFECT = LinkFaults()

_LIMITS: Mapping[str, tuple[float, float]] = {
    "drop": (0, 1),
    "burst": (1, 10_000),
    "duplicate": (0, 1),
    "reorder": (0, 1),
    "corrupt": (0, 1),
    "truncate": (0, 1),
    "mtu": (576, 65_535),
    "delay_ms": (0, 10_000),
    "jitter_ms": (0, 10_000),
    "busy": (0, 1),
    "late_ack_ms": (0, 60_000),
    "temperature_c": (-50, 150),
}
_WHOLE = frozenset({"burst", "mtu"})
_OF_DEVICE = frozenset(field.name for field in fields(DeviceFaults))
_LINKS = ("stream", "control")


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """The faults of the stream's packets, of the control and message channels' datagrams, and of the device."""

    stream: LinkFaults = PERFECT
    control: LinkFaults = PERFECT
    device: DeviceFaults = HEALTHY

    @classmethod
    def parse(cls, texts: Iterable[str]) -> FaultPlan:
        """A plan from texts such as ``drop=0.05,burst=20,on=stream``.

        Raises
        ------
        InvalidOption
            Naming the text, and what is allowed.
        """
        values: dict[str, dict[str, Any]] = {link: {} for link in (*_LINKS, "device")}
        for text in texts:
            pairs = _pairs(text)
            places = _places(text, pairs.pop("on", None))
            if not pairs:
                raise InvalidOption(f"fault {text!r}: names no fault; {_allowed()}")
            for name, value in pairs.items():
                number = _number(text, name, value)
                for place in ("device",) if name in _OF_DEVICE else places:
                    if name in values[place]:
                        raise InvalidOption(f"fault {text!r}: {name} is given twice for the {place}")
                    values[place][name] = number
        for link in _LINKS:
            if "burst" in values[link] and "drop" not in values[link]:
                raise InvalidOption("fault burst: says how losses come in a row, and needs drop")
        device = DeviceFaults(**values["device"])
        return cls(LinkFaults(**values["stream"]), LinkFaults(**values["control"]), device)


def fault_text(values: Mapping[str, object]) -> str:
    """Keywords as the text that `FaultPlan.parse` reads."""
    return ",".join(f"{name}={value}" for name, value in values.items())


def _pairs(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise InvalidOption(f"fault {text!r}: {part!r} is not NAME=VALUE; {_allowed()}")
        if name in pairs:
            raise InvalidOption(f"fault {text!r}: {name} is given twice")
        if name != "on" and name not in _LIMITS:
            raise InvalidOption(f"fault {text!r}: there is no {name!r}; {_allowed()}")
        pairs[name] = value
    return pairs


def _places(text: str, on: str | None) -> tuple[str, ...]:
    if on is None or on == "all":
        return _LINKS
    if on not in _LINKS:
        raise InvalidOption(f"fault {text!r}: on={on}: must be stream, control or all")
    return (on,)


def _number(text: str, name: str, value: str) -> float:
    low, high = _LIMITS[name]
    try:
        number: float = int(value) if name in _WHOLE else float(value)
    except ValueError:
        kind = "a whole number" if name in _WHOLE else "a number"
        raise InvalidOption(f"fault {text!r}: {name}: {value!r} is not {kind}") from None
    if not low <= number <= high:
        raise InvalidOption(f"fault {text!r}: {name}: {value} is not in {low:g} to {high:g}")
    return number


def _allowed() -> str:
    return f"faults are {', '.join(_LIMITS)}; on=stream or on=control restricts them"
