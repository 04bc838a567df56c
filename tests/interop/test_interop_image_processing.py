"""What a client sets of gamma, lookup table, colours, white balance and flips, in the pixels that it receives.

The picture is an even card; means of a few hundred thousand pixels are good to a hundredth of a DN, so what is left is
rounding and the curvature of gamma over the noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.interop.emulator import wait_until
from tests.interop.genapi_session import controlled, streaming
from tests.interop.gvcp_client import GvspReceiver

if TYPE_CHECKING:
    from tests.interop.genapi_camera import GenApiCamera

    from tiscam_emu import Camera

    Client = tuple["GvspReceiver", "GenApiCamera"]

LATE_FRAMES = 5  # on their way when a setting changes, and the one whose exposure it meets
Means = NDArray[np.float64]


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("genicam")


@pytest.fixture
def client(
    request: pytest.FixtureRequest, tiscam_camera_factory: Callable[..., Camera], tmp_path: Path
) -> Iterator[Client]:
    """A stream of an orange card, 640 x 480, in the format that the test asks for."""
    Image.new("RGB", (64, 48), (200, 150, 110)).save(tmp_path / "card.png")
    camera = tiscam_camera_factory("39GX265-Z20", scene=str(tmp_path / "card.png"))
    with controlled(camera.address) as (control, nodes):
        nodes["PixelFormat"], nodes["Width"], nodes["Height"] = request.param, 640, 480
        nodes["ExposureAuto"], nodes["GainAuto"], nodes["BalanceWhiteAuto"] = "Off", "Off", "Off"
        nodes["Gain"], nodes["ExposureTime"], nodes["AcquisitionFrameRate"] = 0.0, 6000.0, 30.0
        with streaming(control, nodes) as receiver:
            yield receiver, nodes


def _means(receiver: GvspReceiver) -> Means:
    """Red, green and blue of a BGR8 frame that was begun after the last setting was written."""
    pixels = np.frombuffer(_settled(receiver), np.uint8).reshape(-1, 3)
    return np.asarray(pixels.mean(axis=0)[::-1])


def _phases(receiver: GvspReceiver) -> Means:
    """The four places of the Bayer quad, of a frame that was begun after the last setting was written."""
    image = np.frombuffer(_settled(receiver), np.uint8).reshape(480, 640)
    return np.array([image[row::2, column::2].mean() for row in (0, 1) for column in (0, 1)])


def _settled(receiver: GvspReceiver) -> bytes:
    receiver.drain()
    for _ in range(LATE_FRAMES):
        receiver.block()
    return receiver.block().payload


@pytest.mark.parametrize("client", ["BGR8"], indirect=True)
def test_curves_and_colours_act_on_the_picture_as_they_say(client: Client) -> None:
    receiver, nodes = client
    plain = _means(receiver)
    assert 30 < plain.min() < plain.max() < 200
    assert np.ptp(plain) > 10

    nodes["Gamma"] = 2.0
    assert _means(receiver) == pytest.approx(255 * (plain / 255) ** 0.5, abs=1.5)
    nodes["Gamma"] = 1.0

    for index in range(257):
        nodes["LUTIndex"] = index
        nodes["LUTValue"] = 65535 - min(index * 256, 65535)
    nodes["LUTEnable"] = True
    assert _means(receiver) == pytest.approx(255 - plain, abs=1.5)
    nodes["LUTEnable"] = False

    luminance = float(plain @ [0.299, 0.587, 0.114])
    nodes["Saturation"] = 0.0
    assert _means(receiver) == pytest.approx([luminance] * 3, abs=1.5)
    nodes["Saturation"] = 64.0
    nodes["Hue"] = 180.0
    assert _means(receiver) == pytest.approx(2 * luminance - plain, abs=2.0)
    nodes["Hue"] = 0.0

    for index in range(9):
        nodes["ColorTransformationValueSelector"] = f"Gain{index // 3}{index % 3}"
        nodes["ColorTransformationValue"] = float(index in {2, 4, 6})  # red and blue change places
    nodes["ColorTransformationEnable"] = True
    assert _means(receiver) == pytest.approx(plain[::-1], abs=1.5)


@pytest.mark.parametrize("client", ["BayerRG8"], indirect=True)
def test_flips_keep_the_bayer_phase_and_white_balance_makes_the_card_grey(client: Client) -> None:
    receiver, nodes = client
    red, green, other_green, blue = plain = _phases(receiver)
    assert green == pytest.approx(other_green, abs=0.5)
    assert len({round(red), round(green), round(blue)}) == 3
    for x, y in ((True, False), (True, True), (False, True)):
        nodes["ReverseX"], nodes["ReverseY"] = x, y
        assert _phases(receiver) == pytest.approx(plain, abs=0.5), (x, y)

    nodes["BalanceWhiteAuto"] = "Once"
    wait_until(lambda: bool(receiver.block()) and nodes["BalanceWhiteAuto"] == "Off", "Once is over")
    balanced = _phases(receiver) - 15  # black: 240 of 4095
    assert balanced == pytest.approx([balanced[1]] * 4, rel=0.03)

    nodes["BalanceWhiteMode"] = "WhiteBalanceMode_Temperature"
    seen = []
    for kelvin in (2800, 8000):
        nodes["BalanceWhiteTemperature"] = kelvin
        seen.append(_phases(receiver) - 15)
    # the warmer the light that is made up for, the more blue and the less red the picture gets
    warm, cold = (float(phases[3] / phases[0]) for phases in seen)
    assert warm > 1.5 * cold
