from __future__ import annotations

import pytest

from tiscam_emu.sensor.geometry import Geometry, Window
from tiscam_emu.sensor.request import Region


def columns_of(region: Region, period: int) -> list[list[int]]:
    return [list(map(int, line)) for line in Geometry.of(region, 16, 16, period).columns]


def test_skipping_on_colour_keeps_bayer_quads_whole() -> None:
    assert columns_of(Region(8, 16, skip_x=2), 2) == [[0, 1, 4, 5, 8, 9, 12, 13]]


def test_skipping_on_monochrome_takes_every_other_pixel() -> None:
    assert columns_of(Region(8, 16, skip_x=2), 1) == [[0, 2, 4, 6, 8, 10, 12, 14]]


def test_binning_on_colour_joins_neighbours_of_the_same_colour() -> None:
    assert columns_of(Region(8, 16, bin_x=2), 2) == [[0, 1, 4, 5, 8, 9, 12, 13], [2, 3, 6, 7, 10, 11, 14, 15]]


def test_binning_on_monochrome_joins_adjacent_pixels() -> None:
    assert columns_of(Region(4, 16, bin_x=2), 1) == [[0, 2, 4, 6], [1, 3, 5, 7]]


def test_the_sensor_is_flipped_before_the_region_is_cut_out() -> None:
    assert columns_of(Region(4, 16, offset_x=2, reverse_x=True), 2) == [[13, 12, 11, 10]]


def test_offsets_count_output_pixels() -> None:
    assert columns_of(Region(4, 16, offset_x=2, skip_x=2), 2) == [[4, 5, 8, 9]]


@pytest.mark.parametrize("reverse", [False, True])
def test_output_window_contains_all_that_see_a_sensor_window(reverse: bool) -> None:
    region = Region(16, 16, reverse_x=reverse)
    geometry = Geometry.of(region, 16, 16, 2)
    window = geometry.output_window(Window(5, 7, 1, 3), margin=0, align=2)
    assert window == (Window(4, 8, 12, 16) if reverse else Window(4, 8, 0, 4))


def test_output_window_is_empty_for_what_is_not_read_out() -> None:
    geometry = Geometry.of(Region(4, 4), 16, 16, 2)
    assert geometry.output_window(Window(8, 10, 8, 10), margin=0, align=2).is_empty()
