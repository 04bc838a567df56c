"""Twins in the models' place: where the environment names a folder, the tests' cameras are served from clones.

Each model is cloned over the wire once, by the command that users have, into that folder.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.interop import emulator as emu

VARIABLE = "TISCAM_EMU_INTEROP_TWINS"
PASSED: dict[str, tuple[str, ...]] = {
    "features and limits": (
        "genapi_served::test_reference_parser_loads_the_served_description",
        "genapi_served::test_every_readable_node_of_the_served_description_reads",
        "genapi_served::test_writes_through_the_reference_parser_reach_the_camera",
        "genapi_served::test_write_without_control_is_refused_by_the_camera",
        "genapi_served::test_plain_and_zipped_descriptions_are_the_same_xml",
        "viva::test_value_set_reads_back",
        "viva::test_value_out_of_range_is_refused_with_the_range",
        "telegenicam::test_ratio_of_each_colour_goes_to_that_colour",
    ),
    "sizes": (
        "acquisition::test_region_lies_in_the_middle_of_the_sensor_while_auto_centre_is_on",
        "acquisition::test_region_is_cut_out_where_its_offsets_say",
        "acquisition::test_reverse_x_and_y_mirror_the_picture",
    ),
    "formats": (
        "formats::test_camera_offers_exactly_the_formats_tried_here",
        "formats::test_decoded_picture_is_the_one_of_the_reference_format",
    ),
    "exposure and gain": (
        "acquisition::test_twice_the_exposure_gives_twice_the_signal",
        "acquisition::test_six_decibels_give_twice_the_signal",
    ),
    "rates": (
        "acquisition::test_ten_hertz_give_device_timestamps_100_ms_apart_exactly",
        "acquisition::test_exposure_longer_than_the_period_sets_the_distance_of_frames",
        "acquisition::test_mode_delivers_its_number_of_frames_and_no_more",
        "acquisition::test_single_frames_one_after_another_have_following_ids",
    ),
    "triggers": (
        "acquisition::test_each_software_trigger_gives_one_frame",
        "acquisition::test_without_a_trigger_no_frame_comes",
        "triggers::test_one_software_trigger_with_a_burst_of_3_gives_3_frames",
        "messages::test_action_command_takes_a_frame",
        "messages::test_scheduled_action_takes_a_frame_at_its_time",
    ),
    "user sets": ("zoom_camera::test_user_set_outlives_a_restart",),
    "chunks": (
        "chunks::test_aravis_reads_the_values_of_each_frame_in_its_chunks",
        "chunks::test_aravis_reads_the_region_in_the_chunks_that_its_acceptance_tests_ask_for",
    ),
}
"""Tests of the models that their twins pass as well: files without ``test_interop_``, and functions."""
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_CLONED_AT = f"127.{int(VARIABLE in os.environ)}.{_WORKER + 1}.171"


def ids_of_passed() -> list[str]:
    """What pytest calls the tests of `PASSED`."""
    folder = Path(__file__).parent
    split = [name.split("::") for names in PASSED.values() for name in names]
    return [f"{folder / f'test_interop_{file}.py'}::{function}" for file, function in split]


def in_place_of(model: str) -> str:
    """The folder of the model's clone, where the tests are to have it; else the model itself."""
    folder = os.environ.get(VARIABLE)
    if not folder or model not in emu.MODELS:
        return model
    twin = Path(folder, model)
    if not twin.exists():
        original = emu.Emulator("--model", model, "--address", _CLONED_AT, twins=False)
        try:
            clone(original.ready[0].address, twin)
        finally:
            original.close()
    return str(twin)


def clone(address: str, folder: Path) -> None:
    """Save the camera at an address, as a user does."""
    done = subprocess.run(
        [emu.COMMAND, "clone", address, str(folder)],
        capture_output=True,
        text=True,
        timeout=emu.PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
