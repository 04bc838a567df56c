"""GStreamer's ``aravissrc``, which writes the region before anything else and looks at no lock of the description."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.interop.emulator import MODELS, Ready, emulator, run
from tests.interop.genapi_session import controlled

from tiscam_emu import read_stamp
from tiscam_emu.wire.stamp import Stamp

_FRAMES = 5
_NEGOTIATED = re.compile(r"GstAravis:aravis0\.GstPad:src: caps = (?P<kind>[\w/-]+), (?P<fields>.*)")
_FIELD = re.compile(r"([\w-]+)=\(\w+\)([\w/]+)")
_FORMATS = {"DFK": ("video/x-bayer", "rggb"), "DMK": ("video/x-raw", "GRAY8")}
_MS = 1_000_000


@pytest.fixture(autouse=True, scope="module")
def _clients(need: Callable[..., None]) -> None:
    need("gst-launch-1.0", "aravissrc", "genicam")


@pytest.fixture(scope="module", params=MODELS)
def camera(request: pytest.FixtureRequest, _clients: None, first_address: str) -> Iterator[Ready]:
    """Each model as it is switched on for the first test, with frames that prove themselves."""
    with emulator("--model", request.param, "--stamp", "--address", first_address[:-1] + "51") as running:
        yield running.ready[0]


@dataclass(frozen=True, slots=True)
class _Got:
    kind: str
    fields: dict[str, str]
    stamps: list[Stamp]

    @property
    def size(self) -> tuple[int, int]:
        return int(self.fields["width"]), int(self.fields["height"])


def _pipeline(camera: Ready, folder: Path, *properties: str, caps: str = "") -> _Got:
    """Run ``aravissrc`` into a file until it has passed its frames on; every bit of them is checked."""
    file = folder / "frames"
    source = ["aravissrc", f"camera-name={camera.address}", f"num-buffers={_FRAMES}", *properties]
    sink = ["!", "filesink", f"location={file}"]
    output = run(["gst-launch-1.0", "-v", *source, *(["!", caps] if caps else []), *sink], timeout_s=30)
    assert "ERROR" not in output, output
    negotiated = _NEGOTIATED.search(output)
    assert negotiated is not None, output
    fields = dict(_FIELD.findall(negotiated["fields"]))
    frames = np.fromfile(file, np.uint8).reshape(_FRAMES, int(fields["height"]), int(fields["width"]))
    return _Got(negotiated["kind"], fields, [read_stamp(frame) for frame in frames])


def _read(camera: Ready, *names: str) -> list[Any]:
    """Features through another client."""
    with controlled(camera.address) as (_, nodes):
        return [nodes[name] for name in names]


def test_camera_as_it_is_switched_on_streams_at_full_size(camera: Ready, tmp_path: Path) -> None:
    got = _pipeline(camera, tmp_path)

    assert (got.kind, got.fields["format"]) == _FORMATS[camera.model[:3]]
    assert list(got.size) == _read(camera, "SensorWidth", "SensorHeight")
    assert len({stamp.frame_id for stamp in got.stamps}) == _FRAMES
    assert _read(camera, "ExposureAuto", "GainAuto", "OffsetAutoCenter") == ["Continuous", "Continuous", "On"]


def test_region_rate_and_features_of_a_pipeline_arrive(camera: Ready, tmp_path: Path) -> None:
    kind, pixels = _FORMATS[camera.model[:3]]
    features = "ExposureAuto=Off ExposureTime=4321 GainAuto=Off Gain=6"

    caps = f"{kind},format={pixels},width=640,height=480,framerate=5/1"
    got = _pipeline(camera, tmp_path, f"features={features}", caps=caps)

    assert (got.kind, got.fields["format"], got.size, got.fields["framerate"]) == (kind, pixels, (640, 480), "5/1")
    assert {int(step) % (200 * _MS) for step in np.diff([stamp.timestamp_ns for stamp in got.stamps])} == {0}
    assert _read(camera, "Width", "Height", "AcquisitionFrameRate") == [640, 480, 5.0]
    assert _read(camera, "ExposureAuto", "ExposureTime", "GainAuto", "Gain") == ["Off", 4321.0, "Off", pytest.approx(6)]


@pytest.mark.parametrize("camera", ["33GP1300"], indirect=True)
def test_offsets_and_properties_of_the_source_are_set_and_full_size_comes_back(camera: Ready, tmp_path: Path) -> None:
    caps = "video/x-bayer,format=rggb,width=640,height=480,framerate=30/1"
    automatic = ["exposure-auto=off", "gain-auto=off", "features=OffsetAutoCenter=Off"]
    _pipeline(camera, tmp_path, *automatic, caps=caps)

    got = _pipeline(camera, tmp_path, "offset-x=64", "offset-y=96", "exposure=2500", "gain=3", caps=caps)

    assert got.size == (640, 480)
    names = ("OffsetX", "OffsetY", "ExposureTime", "Gain")
    assert _read(camera, *names) == [64, 96, 2500.0, pytest.approx(3)]
    assert _pipeline(camera, tmp_path, caps="video/x-bayer,width=1280,height=1024").size == (1280, 1024)
