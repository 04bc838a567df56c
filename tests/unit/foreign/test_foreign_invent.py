"""Registers for descriptions that came without any."""

from __future__ import annotations

import pytest

pytest.importorskip("genicam")

from tests.unit.foreign.small import bit, category, element, entry, register
from tests.unit.foreign.test_foreign_solver import solver_of

from tiscam_emu.foreign.invent import (
    fill_numbers,
    fill_sizes,
    mend_unreadable,
    open_features,
    settle_enumerations,
    settle_numbers,
    that_stay,
)

_SIDES = (
    element("Integer", "Width", pValue="WidthReg", pMin="WidthMin", pMax="WidthMax", pInc="WidthInc"),
    element("Integer", "Height", pValue="HeightReg", Min=2, pMax="HeightRest"),
    element("IntSwissKnife", "HeightRest", pVariable=["ALL=HeightMax", "Y=OffsetYReg"], Formula="ALL - Y"),
    element("Integer", "OffsetY", pValue="OffsetYReg", Min=0, Max=1000),
    register("WidthReg", 0xB000),
    register("HeightReg", 0xB004),
    register("OffsetYReg", 0xB008),
    *(
        register(name, 0xC000 + 4 * at, "RO")
        for at, name in enumerate(("WidthMin", "WidthMax", "WidthInc", "HeightMax"))
    ),
)


def test_sizes_reach_as_far_as_the_sensor() -> None:
    solver = solver_of(*_SIDES)

    fill_sizes(solver, (642, 480))

    assert solver.gated.limits("Width") == (16, 642, 4)
    assert solver.gated.limits("Height")[:2] == (2, 480)  # type: ignore[index]
    assert [solver.free.number(name) for name in ("Width", "Height", "OffsetY")] == [640, 480, 0]


def test_numbers_get_limits_and_a_value_between_them() -> None:
    solver = solver_of(
        element("Float", "Gain", pValue="GainReg", pMin="GainMin", pMax="GainMax"),
        *(register(f"Gain{what}", 0xB000 + 4 * at, kind="FloatReg") for at, what in enumerate(("Reg", "Min", "Max"))),
        element("Integer", "ExposureTimeRaw", pValue="TimeReg", pMin="TimeMin", pMax="TimeMax"),
        *(register(f"Time{what}", 0xC000 + 4 * at) for at, what in enumerate(("Reg", "Min", "Max"))),
    )

    fill_numbers(solver)

    assert solver.gated.limits("Gain") == (0, 24, None)
    assert solver.gated.limits("ExposureTimeRaw") == (20, 10_000_000, 1)
    assert solver.free.number("ExposureTimeRaw") == 5000


def test_an_exposure_in_few_steps_has_short_ones() -> None:
    solver = solver_of(
        element("Integer", "ExposureTimeRaw", pValue="TimeReg", pMin="TimeMin", pMax="TimeMax"),
        register("TimeReg", 0xC000, kind="MaskedIntReg", LSB=11, MSB=0),
        *(register(name, 0xC004 + 4 * at) for at, name in enumerate(("TimeMin", "TimeMax"))),
    )

    fill_numbers(solver)

    assert solver.gated.limits("ExposureTimeRaw") == (20, 20 * 4095, 1)


def test_a_camera_starts_untriggered_behind_each_of_its_selectors_entries() -> None:
    entries = [entry(name, at, pIsImplemented=f"{name}Inq") for at, name in enumerate(("Off", "On"))]
    solver = solver_of(
        category("TriggerSelector", "TriggerMode"),
        element(
            "Enumeration",
            "TriggerSelector",
            Entry=[entry("AcquisitionStart", 0), entry("FrameStart", 1)],
            Value=0,
            pSelected="TriggerMode",
        ),
        element("Enumeration", "TriggerMode", Entry=entries, pValue="ModeReg"),
        register("ModeReg", 0xB000, pIndex='<pIndex Offset="4">TriggerSelector</pIndex>'),
        *(
            bit(f"{name}Inq", 0xC000, at, pIndex='<pIndex Offset="4">TriggerSelector</pIndex>')
            for at, name in enumerate(("Off", "On"))
        ),
    )
    for _ in solver.behind("TriggerMode"):
        solver.free.put("ModeReg", 1)

    open_features(solver, ())
    settle_enumerations(solver)

    assert [(where, solver.gated.number("TriggerMode")) for where in solver.behind("TriggerMode")] == [
        ("TriggerSelector=0", 0),
        ("TriggerSelector=1", 0),
    ]


def test_only_entries_that_are_needed_are_switched_on() -> None:
    solver = solver_of(
        element(
            "Enumeration",
            "PixelFormat",
            Entry=[entry(name, at, pIsAvailable=f"{name}Inq") for at, name in enumerate(("Mono8", "Odd3D"))],
            pValue="R",
        ),
        register("R", 0xB000),
        bit("Mono8Inq", 0xB004, 0),
        bit("Odd3DInq", 0xB004, 1),
    )

    open_features(solver, ("Mono8",))

    assert [solver.free.number(f"{name}Inq") for name in ("Mono8", "Odd3D")] == [1, 0]


def test_a_format_that_the_register_does_not_give_back_is_not_offered() -> None:
    solver = solver_of(
        element("Enumeration", "PixelFormat", Entry=[entry("Mono8", 1), entry("Mono12", 2)], pValue="OneBit"),
        bit("OneBit", 0xB000, 0),
    )

    assert that_stay(solver, {"Mono8": "Mono8", "Mono12": "Mono12"}) == {"Mono8": "Mono8"}


def test_values_outside_their_limits_come_inside() -> None:
    solver = solver_of(
        category("Delay"),
        element("Integer", "Delay", pValue="R", Min=10, Max=20),
        register("R", 0xB000),
    )

    settle_numbers(solver)

    assert solver.free.number("Delay") == 10


def test_a_formula_that_divides_by_nothing_can_be_read_and_what_cannot_be_mended_is_told() -> None:
    solver = solver_of(
        category("Rate", "Never"),
        element("SwissKnife", "Rate", pVariable="P=Period", Formula="1000/P"),
        register("Period", 0xB000, "RO"),
        element("SwissKnife", "Never", pVariable="P=Period", Formula="1/(P-P)"),
    )

    left = mend_unreadable(solver)

    assert solver.gated.number("Rate") == 1000
    assert list(left) == ["Never"]
