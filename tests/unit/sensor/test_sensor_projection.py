"""What sensor pixels get of a picture: numpy and the compiled core to the byte."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiscam_emu.native import core
from tiscam_emu.sensor.optics.lens import Lens
from tiscam_emu.sensor.optics.projection import (
    PLAIN,
    Filters,
    Taps,
    native_decoded,
    native_project,
    numpy_decoded,
    numpy_project,
)

needs_core = pytest.mark.skipif(
    core is None and os.environ.get("TISCAM_EMU_NATIVE") != "require", reason="the core has not been compiled"
)
WEIGHTS = np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.0, 0.3, 0.8]], np.float32)
FILTERS = [
    Filters(np.array([[0.2126, 0.7152, 0.0722]], np.float32), np.zeros((1, 2), np.int32)),
    Filters(WEIGHTS, np.array([[0, 1], [1, 2]], np.int32)),
    Filters(WEIGHTS, np.array([[1, 2], [0, 1]], np.int32)),
]


@needs_core
@settings(max_examples=200, deadline=None, derandomize=True)
@given(data=st.data())
def test_core_and_numpy_project_to_the_same_bytes(data: st.DataObject) -> None:
    draw = data.draw
    lens = Lens(draw(st.sampled_from([0.6, 1.3, 2.0, 3.7])), draw(st.sampled_from([1.0, 1.02, 2.5, 20.0])))
    width, height = draw(st.integers(1, 60)), draw(st.integers(1, 12))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    colours = random.random((height, width, 3), np.float32) * np.float32(draw(st.sampled_from([1, 30])))
    places = [np.arange(draw(st.integers(1, size)), dtype=np.intp) for size in (height, width)]
    if draw(st.booleans()):
        places = [each[::-1].copy() for each in places]
    if draw(st.booleans()):
        places = [each[::2].copy() for each in places]
    down, along = lens.taps(places[0], height), lens.taps(places[1], width)
    coded = draw(st.booleans())
    filters = draw(st.sampled_from(FILTERS)) if coded else PLAIN
    gain = random.normal(1, 0.1, (down.first.size, along.first.size)).astype(np.float32) if coded else None
    ours, theirs = (each(colours, filters, down, along, gain) for each in (native_project, numpy_project))
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)


@needs_core
@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(1, 40), st.integers(1, 9), st.data())
def test_core_and_numpy_decode_to_the_same_bytes(width: int, height: int, data: st.DataObject) -> None:
    random = np.random.default_rng(width)
    texture = random.integers(0, 256, (height, width, 3)).astype(np.uint8)
    table = random.random(256, np.float32)
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    down, along = random.random(height - top, np.float32), random.random(width - left, np.float32)
    ours, theirs = (each(texture, table, (top, left), down, along) for each in (native_decoded, numpy_decoded))
    np.testing.assert_array_equal(ours, theirs)


@needs_core
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colours": np.zeros((3, 4, 3), np.float32)}, "colours"),
        ({"filters": FILTERS[1]._replace(kinds=np.array([[0, 3], [1, 2]], np.int32))}, "do not go together"),
        ({"down": Taps(np.zeros(0, np.int32), np.zeros((1, 0), np.float32))}, "rows: 0 places"),
        ({"gain": np.zeros((4, 4), np.float32)}, "gain"),
    ],
)
def test_the_core_refuses_what_does_not_go_together(change: dict[str, Any], message: str) -> None:
    lens = Lens()
    sound: dict[str, Any] = {
        "colours": np.zeros((5, 5, 3), np.float32),
        "filters": FILTERS[1],
        "down": lens.taps(np.arange(5), 5),
        "along": lens.taps(np.arange(5), 5),
        "gain": np.ones((5, 5), np.float32),
    }
    native_project(**sound)
    if "colours" in change:  # a shape of which the memory falls short
        change = {"colours": np.lib.stride_tricks.as_strided(change["colours"], (5, 5, 3), (0, 0, 0))}
        native_project(**{**sound, **change})  # made contiguous
        return
    with pytest.raises(ValueError, match=message):
        native_project(**{**sound, **change})


def test_an_even_scene_stays_even_whatever_the_taps() -> None:
    for lens in (Lens(0.6), Lens(1.7, zoom=1.3), Lens(0.6, zoom=20.0)):
        for taps in (lens.taps(np.arange(50), 50), lens.taps(np.arange(49, -1, -2), 50)):
            np.testing.assert_allclose(taps.weights.sum(axis=0), 1, rtol=1e-6)
