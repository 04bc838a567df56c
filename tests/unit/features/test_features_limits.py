from __future__ import annotations

import math

import pytest

from tiscam_emu.features.kinds import Limits


@pytest.mark.parametrize(
    ("value", "held"),
    [(9, False), (10, True), (11, False), (13, True), (19, True), (20, False), (21, False), (10.5, True)],
)
def test_whole_numbers_are_held_on_the_increment_from_the_minimum(value: float, held: bool) -> None:
    assert Limits(10, 20, 3).holds(value) is held


def test_no_limits_hold_what_is_no_number() -> None:
    assert not Limits(-math.inf, math.inf).holds(math.nan)
    assert Limits(0.0, math.inf).holds(math.inf)


@pytest.mark.parametrize(("value", "fitted"), [(-5, 10), (10, 10), (12, 10), (13, 13), (19, 19), (20, 19), (1000, 19)])
def test_fit_moves_down_to_the_increment(value: int, fitted: int) -> None:
    assert Limits(10, 20, 3).fit(value) == fitted


def test_fit_without_increment_only_clamps() -> None:
    assert [Limits(0.5, 2.5).fit(value) for value in (0.0, 1.75, 3.0)] == [0.5, 1.75, 2.5]


def test_fit_of_a_fitted_value_is_itself() -> None:
    limits = Limits(528, 2048, 16)
    assert all(limits.fit(limits.fit(value)) == limits.fit(value) for value in range(3000))
    assert all(limits.holds(limits.fit(value)) for value in range(3000))
