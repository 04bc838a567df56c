"""User sets: two memory slots for the camera's settings, and the factory's (manual 5.13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tiscam_emu.camera.imaging.image_format import mixtures
from tiscam_emu.camera.notices import SettingsReplaced
from tiscam_emu.camera.state import ACQUIRING, CameraState, UserSet
from tiscam_emu.errors import InvalidParameter
from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.features.kinds import (
    Access,
    At,
    Boolean,
    Command,
    Entry,
    Enumeration,
    Feature,
    Float,
    Integer,
    Lock,
    Room,
    String,
    Value,
    Visibility,
)
from tiscam_emu.spec.model import ReadoutMode

_CATEGORY = "UserSetControl"
SLOTS = ("UserSet1", "UserSet2")
"""The sets that can be saved to."""

_READOUT_FACTORS = ("DecimationHorizontal", "DecimationVertical", "BinningHorizontal", "BinningVertical")
_OTHER_CATEGORIES = (_CATEGORY, "TransportLayerControl", "ActionControl")
_SETS = (
    Entry("Default", 0, "The factory settings; read-only."),
    Entry("UserSet1", 1, "First slot."),
    Entry("UserSet2", 2, "Second slot."),
)

FACTORY_SET = Lock(
    "FactoryUserSet", lambda state: state.entry("UserSetSelector") == "Default", "the Default set is read-only"
)


def members(state: CameraState) -> Iterator[str]:
    """Names of the settings that a user set holds: all that change what the camera does, not how it is reached."""
    selectors = {feature.declaration.selected_by for feature in state.features.values()}
    for name, feature in state.features.items():
        declaration = feature.declaration
        elsewhere = declaration.alias_of or declaration.port or declaration.persistent or declaration.hidden
        if elsewhere or declaration.category in _OTHER_CATEGORIES or isinstance(declaration, Command):
            continue
        if declaration.access is Access.RW and name not in selectors and not name.endswith("Selector"):
            yield name


def apply(state: CameraState, name: str) -> None:
    """Give every member its value of the set `name`; where the set has none, the factory's."""
    user_set = state.user_sets.get(name, {})
    for member in members(state):
        for index, value in enumerate(user_set.get(member) or state.factory(member)):
            state.put(member, value, index)


def apply_default(state: CameraState) -> None:
    """Take the settings the camera starts with; the caller sends the notice."""
    if state.entry("UserSetDefault") != "Default":
        apply(state, state.entry("UserSetDefault"))


def checked(state: CameraState, values: Mapping[str, Sequence[Any]]) -> UserSet:
    """The user set that `values` describe.

    Raises
    ------
    InvalidParameter
        Naming the feature that the camera does not have, or that has no such value.
    """
    known = set(members(state))
    user_set: dict[str, tuple[Value, ...]] = {}
    for name, elements in values.items():
        if name not in known:
            raise InvalidParameter(f"{name}: not a setting of this camera")
        feature = state.features[name]
        if not isinstance(elements, Sequence) or len(elements) != feature.slot.count:
            raise InvalidParameter(f"{name}: needs {feature.slot.count} values")
        user_set[name] = tuple(_checked_value(feature, value) for value in elements)
    factors = (int((user_set.get(name) or (1,))[0]) for name in _READOUT_FACTORS)
    if ReadoutMode(*factors) not in mixtures(state.model.readout_modes):
        raise InvalidParameter("skipping and binning: the camera has no readout mode with these factors together")
    return user_set


def _checked_value(feature: BoundFeature, value: Any) -> Value:
    match feature.declaration:
        case Integer():
            good = type(value) is int and feature.limits is not None and feature.limits.holds(value)
        case Float():
            good = type(value) in {int, float} and feature.limits is not None and feature.limits.holds(value)
            value = float(value) if good else value
        case Enumeration():
            good = type(value) is int and value in [entry.value for entry in feature.entries]
        case Boolean():
            good = type(value) is int and value in {0, 1}
        case String(size=size):
            good = isinstance(value, str) and len(value.encode(errors="replace")) <= size
        case _:
            good = False
    if not good:
        raise InvalidParameter(f"{feature.name}: {value!r} cannot be")
    return value  # type: ignore[no-any-return]


def _load(state: CameraState) -> None:
    apply(state, state.entry("UserSetSelector"))
    state.notices.notify(SettingsReplaced())


def _save(state: CameraState) -> None:
    state.user_sets[state.entry("UserSetSelector")] = {name: state.lasting(name) for name in members(state)}


FEATURES: tuple[Feature, ...] = (
    Enumeration(
        name="UserSetSelector",
        at=At(0xF000_0100),
        category=_CATEGORY,
        doc="Slot that UserSetLoad and UserSetSave use.",
        section="5.13.1",
        entries=_SETS,
    ),
    Command(
        name="UserSetLoad",
        at=At(0xF000_0104),
        code=1,
        category=_CATEGORY,
        doc="Takes the settings from the selected slot.",
        section="5.13.2",
        locks=(ACQUIRING,),
        on_write=_load,
        note=(
            "A slot that nothing was saved to holds the factory settings, and nothing is loaded while the acquisition "
            "is running: assumptions."
        ),
    ),
    Command(
        name="UserSetSave",
        at=At(0xF000_0104),
        code=2,
        category=_CATEGORY,
        doc="Keeps the settings in the selected slot.",
        section="5.13.3",
        locks=(FACTORY_SET,),
        on_write=_save,
        note=(
            "Kept are all settings but selectors and those of the network and of actions; across restarts where the "
            "emulator has a state folder."
        ),
    ),
    Enumeration(
        name="UserSetDefault",
        at=At(0xF000_0108),
        category=_CATEGORY,
        doc="Slot whose settings the camera starts with.",
        section="5.13.4",
        visibility=Visibility.EXPERT,
        entries=_SETS,
        persistent=True,
        note="Kept across restarts where the emulator has a state folder.",
    ),
)

ROOM = Room("user_sets", 0x000D_8000, FEATURES)
