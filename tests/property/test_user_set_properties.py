"""Whatever was set when a user set was saved, and whatever was set since, loading it brings every setting back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiscam_emu.camera.control import user_sets
from tiscam_emu.camera.core import load
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.state import CameraState
from tiscam_emu.errors import RegisterError
from tiscam_emu.features.kinds import Boolean, Enumeration, Float, Integer, Value
from tiscam_emu.spec.catalog import model_keys
from tiscam_emu.spec.model import CameraModel

Choices = Sequence[tuple[str, float]]
_model = cache(load)


def _value(state: CameraState, name: str, share: float) -> Value:
    """A value that the feature takes as things are: the limits' `share`, an entry, a switch."""
    feature = state.features[name]
    match feature.declaration:
        case Enumeration():
            return feature.entries[int(share * (len(feature.entries) - 1))].value
        case Boolean():
            return round(share)
        case Float():
            limits = state.limits(name)
            return float(limits.low + share * (min(limits.high, 1e9) - limits.low))
        case Integer():
            limits = state.limits(name)
            return int(limits.fit(int(limits.low + share * (limits.high - limits.low))))
        case _:
            raise TypeError(name)


def _set(state: CameraState, choices: Choices) -> None:
    for name, share in choices:
        try:
            state.write(name, _value(state, name, share))
        except RegisterError:
            continue


def _read(state: CameraState) -> dict[str, tuple[object, ...]]:
    return {name: (state[name], *state.lasting(name)) for name in user_sets.members(state)}


@st.composite
def _choices(draw: st.DrawFn, model: CameraModel) -> Choices:
    names = list(user_sets.members(CameraState(model, CameraOptions())))
    return draw(st.lists(st.tuples(st.sampled_from(names), st.floats(0, 1)), max_size=25))


@pytest.mark.parametrize("key", model_keys())
@given(data=st.data())
@settings(max_examples=25, deadline=None, derandomize=True)
def test_load_brings_back_what_was_saved(key: str, data: st.DataObject) -> None:
    model = _model(key)
    state = CameraState(model, CameraOptions())
    _set(state, data.draw(_choices(model)))
    state.put("UserSetSelector", 2)
    state.write("UserSetSave", 1)
    saved = _read(state)
    user_set = state.user_sets["UserSet2"]
    assert user_sets.checked(state, user_set) == user_set  # what is kept in a file can be read from it
    _set(state, data.draw(_choices(model)))
    state.write("UserSetLoad", 1)
    assert _read(state) == saved
