"""The last frame over HTTP: it is the one that was sent, and is copied and developed only for who has not seen it."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.unit.http.asgi_client import Client
from typer.testing import CliRunner

import tiscam_emu
from tiscam_emu.cli import app
from tiscam_emu.errors import NoFrame
from tiscam_emu.handle import Camera
from tiscam_emu.http import pictures
from tiscam_emu.http.bench import Bench
from tiscam_emu.http.server import serving
from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.develop import developed

LEFT = "/cameras/left"


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def receiver(camera: Camera) -> Iterator[socket.socket]:
    """Where one stamped frame of 256 x 192 has been sent to."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(20)
        sock.bind((camera.address, 0))
        camera.stamp = True
        camera["Width"], camera["Height"], camera["PixelFormat"] = 256, 192, "BayerRG8"
        camera["TriggerMode"], camera["TriggerSource"] = "On", "Software"
        camera["GevSCDA"] = int.from_bytes(socket.inet_aton(camera.address))
        camera["GevSCPHostPort"] = sock.getsockname()[1]
        camera.execute("AcquisitionStart")
        _shoot(camera)
        yield sock


def _shoot(camera: Camera) -> None:
    before = camera.status().frames
    camera.execute("TriggerSoftware")
    _until(lambda: camera.status().frames == before + 1)


def _received(sock: socket.socket) -> bytes:
    """The image data of the frame whose packets have come."""
    data = b""
    while True:
        packet = sock.recv(65536)
        if packet[4] & 0xF == 2:
            return data
        data += packet[8:] if packet[4] & 0xF == 3 else b""


def test_without_a_frame_there_is_no_picture(client: Client, camera: Camera) -> None:
    answer = client.get(f"{LEFT}/frame.png")
    assert (answer.status, answer.json()["title"]) == (404, "NoFrame")
    with pytest.raises(NoFrame, match="a client has to stream"):
        camera.last_frame()


def test_raw_is_what_the_client_got(client: Client, camera: Camera, receiver: socket.socket) -> None:
    sent = _received(receiver)
    answer = client.get(f"{LEFT}/frame.raw")
    assert answer.content == sent
    stamp = tiscam_emu.read_stamp(answer.content)
    told = {name: answer.headers[f"x-{name}"] for name in ("width", "height", "pixel-format", "block-id", "frame-id")}
    assert told == {
        "width": "256",
        "height": "192",
        "pixel-format": "BayerRG8",
        "block-id": "1",
        "frame-id": str(stamp.frame_id),
    }
    assert answer.headers["x-timestamp-ns"] == str(stamp.timestamp_ns)
    frame = camera.last_frame()
    assert frame is not None
    assert (frame.data, frame.timestamp_ns) == (sent, stamp.timestamp_ns)
    assert client.get(f"{LEFT}/frame.raw?known={frame.key}").status == 204
    assert camera.last_frame(frame.key) is None


def test_png_is_the_frame_developed(client: Client, camera: Camera, receiver: socket.socket) -> None:
    frame = camera.last_frame()
    assert frame is not None
    with Image.open(io.BytesIO(client.get(f"{LEFT}/frame.png").content), formats=["PNG"]) as image:
        assert np.array_equal(np.asarray(image), frame.image())
    with Image.open(io.BytesIO(client.get(f"{LEFT}/frame.jpg?width=16").content), formats=["JPEG"]) as image:
        assert image.size == (16, 12)
    for wrong in ("0", "x", "-5", "99999999999999999999"):
        assert client.get(f"{LEFT}/frame.jpg?width={wrong}").status == 400


def test_a_frame_is_developed_once_and_not_for_who_has_it(
    client: Client, camera: Camera, receiver: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    saved = pictures._saved

    def counted(*arguments: Any, **options: Any) -> Any:
        made.append(1)
        return saved(*arguments, **options)

    monkeypatch.setattr(pictures, "_saved", counted)
    first = client.get(f"{LEFT}/frame.jpg?width=16")
    assert client.get(f"{LEFT}/frame.jpg?width=16").content == first.content
    same = client.get(f"{LEFT}/frame.jpg?width=16", If_None_Match=first.headers["etag"])
    assert (same.status, same.content, len(made)) == (304, b"", 1)
    _shoot(camera)
    other = client.get(f"{LEFT}/frame.jpg?width=16", If_None_Match=first.headers["etag"])
    assert (other.status, len(made)) == (200, 2)
    assert other.headers["etag"] != first.headers["etag"]


def test_pictures_that_are_kept_are_few(
    client: Client, camera: Camera, receiver: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = pictures.PictureStore()
    monkeypatch.setattr(pictures, "_KEPT_BYTES", 2500)
    sizes = [1000, 900, 800, 3000, 10]
    for width, size in enumerate(sizes, start=100):
        store.picture(camera, "image/png", width, lambda _frame, size=size: b"x" * size)  # type: ignore[misc]
        kept = [len(content) for _, _, content in store._made.values()]
        assert sum(kept) <= 2500 or len(kept) == 1
        assert kept[-1] == size
    assert all(not frame.data for _, frame, _ in store._made.values())


def test_a_frame_that_is_looked_at_is_not_drawn_over(camera: Camera, receiver: socket.socket) -> None:
    runner = camera._backend.runner  # type: ignore[attr-defined]
    with runner.pipeline.last.look() as (table, request):
        before = np.empty(request.payload_bytes(), np.uint8)
        table.copy_to(before)
        for _ in range(8):
            _shoot(camera)
        after = np.empty_like(before)
        table.copy_to(after)
    assert np.array_equal(before, after)
    assert tiscam_emu.read_stamp(after).frame_id == request.frame_id


def test_a_frame_from_afar_and_from_the_shell(bench: Bench, receiver: socket.socket, tmp_path: Path) -> None:
    here = bench["left"].last_frame()
    assert here is not None
    with serving(bench, "127.0.0.1:0") as url:
        there = tiscam_emu.connect(url)["left"]
        assert there.last_frame() == here
        assert there.last_frame(here.key) is None
        for name in ("frame.png", "frame.jpg", "frame.raw"):
            done = CliRunner().invoke(app, ["ctl", "--url", url, "snapshot", "left", str(tmp_path / name)])
            assert done.stdout.split() == [str(here.frame_id), str(here.timestamp_ns), "BayerRG8", "256", "192"]
        assert (tmp_path / "frame.raw").read_bytes() == here.data
        with Image.open(tmp_path / "frame.png") as image:
            assert np.array_equal(np.asarray(image), here.image())
        for wrong in (tmp_path / "frame.bmp", tmp_path / "none" / "frame.png"):
            done = CliRunner().invoke(app, ["ctl", "--url", url, "snapshot", "left", str(wrong)])
            assert (done.exit_code, done.stderr.count("\n")) == (2, 1)


def test_frames_of_a_process_of_its_own(tiscam_camera_factory: Callable[..., Camera]) -> None:
    camera = tiscam_camera_factory("33GP1300", scene="flat", stamp=True)
    camera["GevSCDA"] = int.from_bytes(socket.inet_aton(camera.address))
    camera["GevSCPHostPort"] = 9  # nobody has to receive it
    camera.execute("AcquisitionStart")
    _until(lambda: camera.status().frames > 0)
    frame = camera.last_frame()
    assert frame is not None
    assert len(frame.data) == frame.width * frame.height
    assert tiscam_emu.read_stamp(frame.data).timestamp_ns == frame.timestamp_ns


@pytest.mark.parametrize("width", [256, 255, 128, 100, 64, 10])
def test_a_narrow_picture_is_of_the_same_pixels_whatever_is_copied_for_it(
    camera: Camera, receiver: socket.socket, width: int
) -> None:
    whole, narrow = camera.last_frame(), camera.last_frame(width=width)
    assert whole is not None
    assert narrow is not None
    image = narrow.image()
    assert image.shape[1] <= width
    row = PIXEL_FORMATS["BayerRG8"]
    assert np.array_equal(image, developed(row, 256, 192, whole.data, step=narrow.step))
    assert len(narrow.data) <= len(whole.data) // max(narrow.step // 2, 1) + 2 * 256
