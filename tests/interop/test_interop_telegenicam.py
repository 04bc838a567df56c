"""telegenicam, a client in Rust with a GenApi of its own, which reads no pIndex and no pIsLocked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.interop.emulator import PATIENCE_S, Ready
from tests.interop.genapi_session import controlled

_ITS_OWN = ("does not support this access", "is not accessible this way")  # no value, or one to be written alone
_STROBE = {"StrobeEnable": ("Off", "On"), "StrobePolarity": ("ActiveLow", "ActiveHigh")}
_OF_THE_SELECTED = {"Red": 1.5, "Green": 1.25, "Blue": 2.0}


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("telegenic", "genicam")


@contextmanager
def _opened(address: str) -> Iterator[Any]:
    """By its address: the program's search leaves ``lo`` out."""
    import telegenic

    opened = telegenic.Camera(address)
    opened.connect()
    try:
        yield opened
    finally:
        opened.disconnect()


def _failure(camera: Any, name: str) -> str:
    """What reading a node says, whatever its kind; empty if it can be read or is nothing to read."""
    kinds = (camera.get_integer, camera.get_float, camera.get_enum, camera.get_boolean, camera.get_string)
    failures = []
    for read in kinds:
        try:
            read(name)
        except RuntimeError as error:
            failures.append(str(error))
        else:
            return ""
    failures = [failure for failure in failures if not any(reason in failure for reason in _ITS_OWN)]
    return f"{name}: {failures[0]}" if failures else ""


def test_every_node_is_read_without_an_error_of_the_camera(camera: Ready) -> None:
    with _opened(camera.address) as opened:
        names = opened.feature_names()

        assert len(names) > 150
        assert [failure for name in names if (failure := _failure(opened, name))] == []
        assert opened.device_info().serial == camera.serial


def test_values_set_read_back_through_it_and_through_another_client(camera: Ready) -> None:
    with _opened(camera.address) as opened:
        opened.set_enum("ExposureAuto", "Off")
        opened.set_float("ExposureTime", 4321.0)
        opened.set_enum("GainAuto", "Off")
        opened.set_float("Gain", 6.0)
        opened.set_float("AcquisitionFrameRate", 4.567)
        opened.set_integer("Width", 640)
        opened.set_string("DeviceUserID", "by telegenicam")

        assert opened.get_float("ExposureTime") == 4321.0
        assert opened.get_float("Gain") == pytest.approx(6.0)
        assert opened.get_float("AcquisitionFrameRate") == pytest.approx(4.567)
        assert opened.get_integer("Width") == 640

    with controlled(camera.address) as (_, nodes):
        assert [nodes[name] for name in ("ExposureTime", "Width", "DeviceUserID")] == [4321.0, 640, "by telegenicam"]
        assert nodes["Gain"] == pytest.approx(6.0)
        assert nodes["AcquisitionFrameRate"] == pytest.approx(4.567)


def test_bits_that_share_a_register_do_not_undo_each_other(camera: Ready) -> None:
    """It writes the bits it does not mean as it has read them last, with a copy for each feature if it may cache."""
    with _opened(camera.address) as opened:
        for which in (0, 1):
            for name, choices in _STROBE.items():
                opened.set_enum(name, choices[which])
                assert opened.get_enum(name) == choices[which]

    with controlled(camera.address) as (_, nodes):
        assert [nodes[name] for name in _STROBE] == ["On", "ActiveHigh"]


@pytest.mark.parametrize("model", ["33GP1300", "38UX267", "39GX265-Z20"])
def test_ratio_of_each_colour_goes_to_that_colour(cameras: dict[str, Ready], model: str) -> None:
    address = cameras[model].address
    with _opened(address) as opened:
        opened.set_enum("BalanceWhiteAuto", "Off")
        for colour, ratio in _OF_THE_SELECTED.items():
            opened.set_enum("BalanceRatioSelector", colour)
            opened.set_float("BalanceRatio", ratio)

        for colour, ratio in _OF_THE_SELECTED.items():
            opened.set_enum("BalanceRatioSelector", colour)
            assert opened.get_float("BalanceRatio") == ratio, colour

    with controlled(address) as (_, nodes):
        for colour, ratio in _OF_THE_SELECTED.items():
            nodes["BalanceRatioSelector"] = colour
            assert nodes["BalanceRatio"] == ratio, colour


def test_single_frames_and_a_stream_are_complete(camera: Ready) -> None:
    with _opened(camera.address) as opened:
        opened.set_integer("Width", 640)
        opened.set_integer("Height", 480)

        with opened.snapshot_session() as session:
            frames = [session.snap(timeout=PATIENCE_S) for _ in range(2)]
        with opened.start_acquisition() as acquisition:
            frames += [acquisition.wait_for(timeout=PATIENCE_S) for _ in range(5)]

        pixel_format = opened.get_enum("PixelFormat")
        assert [(frame.is_complete, frame.width, frame.height, frame.pixel_format) for frame in frames] == [
            (True, 640, 480, pixel_format)
        ] * 7
        assert {len(frame.data()) for frame in frames} == {opened.get_integer("PayloadSize")}
        assert opened.get_enum("AcquisitionMode") == "Continuous"
