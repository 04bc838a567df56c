"""How the Gev* features of the bootstrap registers are declared."""

from __future__ import annotations

from collections.abc import Callable

from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.kinds import Access, At, Boolean, Command, Integer, Limits, Lock, Visibility

CATEGORY = "TransportLayerControl"
WORD = Limits(0, 0xFFFF_FFFF, 1)


def integer(name: str, doc: str, at: At, *, access: Access = Access.RO, limits: Limits = WORD) -> Integer:
    """A register that the camera alone writes, unless `access` says otherwise."""
    return Integer(
        name=name,
        category=CATEGORY,
        doc=doc,
        at=at,
        access=access,
        limits=limits,
        every_model=True,
        visibility=Visibility.GURU,
    )


def constant(
    name: str, doc: str, at: At, value: int | Callable[[CameraState], int], *, hidden: bool = False
) -> Integer:
    """What never changes; `value` may depend on the model."""
    return Integer(
        name=name,
        category=CATEGORY,
        doc=doc,
        at=at,
        access=Access.RO,
        limits=WORD,
        value=value if callable(value) else lambda _state: value,
        constant=True,
        every_model=True,
        sfnc=not hidden,
        hidden=hidden,
        visibility=Visibility.INVISIBLE if hidden else Visibility.GURU,
        representation="HexNumber" if hidden else "",
    )


def flag(
    name: str,
    doc: str,
    at: At,
    *,
    access: Access = Access.RW,
    default: int = 0,
    locks: tuple[Lock, ...] = (),
    persistent: bool = False,
    note: str = "",
) -> Boolean:
    """One bit of a register."""
    return Boolean(
        name=name,
        category=CATEGORY,
        doc=doc,
        at=at,
        access=access,
        default=default,
        every_model=True,
        visibility=Visibility.GURU,
        locks=locks,
        persistent=persistent,
        note=note,
    )


def command(name: str, doc: str, at: At, action: object, locks: tuple[Lock, ...] = ()) -> Command:
    """Something to do when the bit is written; the timestamp's bits cannot be read."""
    return Command(
        name=name,
        category=CATEGORY,
        doc=doc,
        at=at,
        access=Access.WO if name.startswith("GevTimestamp") else Access.RW,
        every_model=True,
        visibility=Visibility.GURU,
        on_write=action,  # type: ignore[arg-type]
        locks=locks,
    )
