"""A declaration joined with what a model's YAML says about it."""

from __future__ import annotations

import pytest

from tiscam_emu.features.bound import BoundFeature, Choice, ChoiceError, bind
from tiscam_emu.features.kinds import Boolean, Command, Entry, Enumeration, Feature, Float, Integer, Limits, String
from tiscam_emu.features.layout import NOWHERE

MODE = Enumeration(name="Mode", category="C", doc="", entries=(Entry("Off", 0), Entry("On", 5), Entry("Auto", 7)))
SIZE = Integer(name="Size", category="C", doc="", limits=Limits(0, 100))


def _bind(declaration: Feature, **choice: object) -> BoundFeature:
    return bind(declaration, Choice(**choice), NOWHERE, ())  # type: ignore[arg-type]


def test_choice_narrows_the_declared_limits() -> None:
    assert _bind(SIZE).limits == Limits(0, 100, 1)
    assert _bind(SIZE, low=8, high=64, step=8).limits == Limits(8, 64, 8)


def test_choice_keeps_some_entries_in_its_own_order() -> None:
    bound = _bind(MODE, entries=("Auto", "Off"))
    assert [entry.name for entry in bound.entries] == ["Auto", "Off"]
    assert bound.default == 7


@pytest.mark.parametrize(
    ("declaration", "choice", "default"),
    [
        (MODE, {}, 0),
        (MODE, {"default": "On"}, 5),
        (MODE, {"default": 7}, 7),
        (SIZE, {}, 0),
        (SIZE, {"low": 10}, 10),
        (Integer(name="N", category="C", doc="", limits=Limits(-9, -2)), {}, 0),
        (Float(name="F", category="C", doc="", limits=Limits(0.5, 2.0)), {}, 0.5),
        (Float(name="F", category="C", doc="", limits=Limits(0.5, 2.0)), {"default": 1}, 1.0),
        (Boolean(name="B", category="C", doc=""), {}, 0),
        (Boolean(name="B", category="C", doc=""), {"default": True}, 1),
        (Command(name="D", category="C", doc=""), {}, 0),
        (String(name="S", category="C", doc="", size=8), {}, ""),
    ],
)
def test_default_is_the_choice_or_the_natural_one(
    declaration: Feature, choice: dict[str, object], default: object
) -> None:
    bound = _bind(declaration, **choice)
    assert bound.default == default
    assert type(bound.default) is type(default)


@pytest.mark.parametrize(
    ("declaration", "choice", "key", "message"),
    [
        (SIZE, {"low": -1}, "min", "-1 is below 0"),
        (SIZE, {"high": 101}, "max", "101 is above 100"),
        (SIZE, {"low": 50, "high": 40}, "max", "40 is below the minimum 50"),
        (SIZE, {"default": 101}, "default", "101 is not in 0 to 100"),
        (SIZE, {"default": "big"}, "default", "'big' is not a number"),
        (SIZE, {"entries": ("Off",)}, "entries", "Size is not an enumeration"),
        (MODE, {"low": 1}, "min", "Mode has no limits"),
        (MODE, {"entries": ("Of",)}, "entries", "'Of' is not an entry; known: Off, On, Auto"),
        (MODE, {"entries": ("Off",), "default": "On"}, "default", "'On' is not an entry; known: Off"),
        (Integer(name="N", category="C", doc=""), {"low": 0}, "max", "N needs a maximum"),
        (Integer(name="N", category="C", doc=""), {"high": 0}, "min", "N needs a minimum"),
    ],
)
def test_choice_that_does_not_fit_names_its_key(
    declaration: Feature, choice: dict[str, object], key: str, message: str
) -> None:
    with pytest.raises(ChoiceError) as caught:
        _bind(declaration, **choice)
    assert (caught.value.key, str(caught.value)) == (key, message)
