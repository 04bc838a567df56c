"""The front panel in a real browser, beside a client that streams."""

from __future__ import annotations

import json
import os
import queue
import shutil
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image
from tests.interop import emulator as emu
from tests.interop.conftest import missing

from tiscam_emu import connect
from tiscam_emu.remote import RemoteBench

CHROMIUM = os.environ.get("TISCAM_EMU_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
_PATIENCE_MS = emu.PATIENCE_S * 1000


class Client:
    """State: an Aravis client that streams, and the stamps of the frames it has got."""

    def __init__(self, address: str, **job: Any) -> None:
        self.process = subprocess.Popen(
            [emu.GI_PYTHON, str(emu.CLIENTS / "aravis_watch.py"), json.dumps({"camera": address, **job})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.frames: dict[int, int] = {}
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        assert self._answers.get(timeout=emu.PATIENCE_S) == {"ready": True}

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told = json.loads(line)
            if "frame" in told:
                _, _, _, frame_id, timestamp_ns = struct.unpack_from(">4sHHQQ", bytes.fromhex(told["frame"]))
                self.frames[frame_id] = timestamp_ns
            else:
                self._answers.put(told)

    def read(self, name: str) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{name}\n")
        self.process.stdin.flush()
        answer = self._answers.get(timeout=emu.PATIENCE_S)
        assert answer["name"] == name
        return float(answer["value"])

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self._reader.join()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def url(need: Callable[..., None]) -> Iterator[str]:
    """A bench of two stamping cameras, ``left`` and ``right``."""
    need("aravis")
    names = ("--user-name", "left", "--user-name", "right")
    cameras = ("--model", "33GP1300", "--model", "39GX265-Z20", "--address", "127.0.8.1", "--stamp")
    command = emu.Emulator(*cameras, *names, "--http", "127.0.0.1:0", cameras=2, twins=False)
    assert command.process.stdout is not None
    word, url = command.process.stdout.readline().split()
    assert word == "bench"
    yield url
    command.close()


@pytest.fixture
def bench(url: str) -> RemoteBench:
    return connect(url)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        missing("no chromium: Debian package chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("no module playwright: PyPI package playwright")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def _page(browser: Any, url: str, **options: Any) -> Iterator[Any]:
    """A page of its own, of which everything is noted that should not be."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    wrong: list[str] = []
    page.on("console", lambda message: wrong.extend([message.text] * (message.type == "error")))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url.removeprefix("blob:")).netloc))
    page.goto(url)
    yield page
    context.close()
    assert not wrong
    assert hosts == {urlsplit(url).netloc}


@pytest.fixture
def page(browser: Any, url: str) -> Iterator[Any]:
    with _page(browser, url) as page:
        yield page


@pytest.fixture
def client(bench: RemoteBench) -> Iterator[Client]:
    client = Client(bench["left"].address, set_if_there=[["ExposureAuto", "Off"], ["AcquisitionFrameRate", 5]])
    yield client
    client.close()


def _open(page: Any, name: str) -> None:
    page.get_by_role("link", name=f"{name}: open").click()
    page.wait_for_selector(".feature")


def _shown_frame(page: Any) -> int:
    page.wait_for_selector("canvas[data-frame-id]")
    return int(page.locator("canvas[data-frame-id]").first.get_attribute("data-frame-id"))


def test_the_live_picture_changes_and_is_of_frames_that_the_client_got(page: Any, client: Client) -> None:
    seen: set[int] = set()

    def looked() -> bool:
        seen.add(_shown_frame(page))
        return len(seen) > 3

    emu.wait_until(looked, "pictures")
    emu.wait_until(lambda: seen <= client.frames.keys() or max(client.frames) > max(seen) + 20, "frames at the client")
    assert seen <= client.frames.keys()
    bright = page.evaluate(
        "() => { const c = document.querySelector('canvas[data-frame-id]');"
        "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "return [Math.min(...d.filter((_, i) => i % 4 == 1)), Math.max(...d.filter((_, i) => i % 4 == 1))]; }"
    )
    assert bright[1] - bright[0] > 20, "the chart has light and dark parts"


def test_the_trigger_button_yields_one_frame_at_the_client(page: Any, bench: RemoteBench) -> None:
    client = Client(bench["left"].address, set=[["TriggerMode", "On"], ["TriggerSource", "Software"]])
    try:
        _open(page, "left")
        button = page.get_by_role("button", name="Trigger", exact=True)
        for count in (1, 2, 3):
            button.click()
            emu.wait_until(partial(lambda count: len(client.frames) >= count, count), "a frame")
            assert len(client.frames) == count
        emu.wait_until(lambda: _shown_frame(page) == max(client.frames), "its picture")
    finally:
        client.close()
        bench["left"]["TriggerMode"] = "Off"


def test_an_edited_feature_is_read_by_the_client(page: Any, client: Client, bench: RemoteBench) -> None:
    _open(page, "left")
    editor = page.locator("#feature-ExposureTime")
    page.get_by_role("searchbox").fill("exposuret")
    editor.fill("4321")
    editor.press("Enter")
    emu.wait_until(lambda: bench["left"]["ExposureTime"] == 4321, "the edit")
    assert client.read("ExposureTime") == 4321
    bench["left"]["ExposureTime"] = 2500
    emu.wait_until(lambda: editor.input_value() == "2500", "the change from elsewhere")


def test_faults_and_the_plug_show_and_are_switched(page: Any, bench: RemoteBench) -> None:
    right = bench["right"]
    tile = page.get_by_role("link", name="right: open")
    right.faults("drop=0.5,on=stream")
    tile.get_by_text("faults").wait_for()
    right.unplug()
    tile.get_by_text("unplugged").wait_for()
    _open(page, "right")
    lost = page.get_by_role("switch", name="lose packets of the stream")
    assert lost.is_checked()
    lost.click()
    emu.wait_until(lambda: right.fault_texts() == [], "the camera to be healed")
    page.get_by_role("switch", name="busy, refuses accesses").click()
    emu.wait_until(lambda: right.fault_texts() == ["busy=0.2"], "the fault")
    page.get_by_role("switch", name="Plugged in").click()
    emu.wait_until(lambda: right.status().plugged, "the plug")
    page.get_by_text("unplugged").first.wait_for(state="attached")
    page.get_by_role("button", name="Heal").click()
    emu.wait_until(lambda: right.fault_texts() == [], "the camera to be healed")


def test_scenes_are_chosen_and_uploaded(page: Any, bench: RemoteBench, tmp_path: Path) -> None:
    _open(page, "right")
    page.get_by_label("Scene").select_option("star")
    emu.wait_until(lambda: bench["right"].looks_at() == "star", "the scene")
    Image.new("RGB", (60, 40), "teal").save(tmp_path / "part.png")
    page.locator("input[type=file]").set_input_files(tmp_path / "part.png")
    emu.wait_until(lambda: bench["right"].looks_at() == "an image of 60 x 40", "the upload")


def test_it_works_by_keyboard_and_at_the_width_of_a_phone(browser: Any, url: str) -> None:
    with _page(browser, url, viewport={"width": 360, "height": 740}) as page:
        page.get_by_role("link", name="left: open").wait_for()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(".feature")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.keyboard.press("Escape")
        page.get_by_role("link", name="right: open").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_it_is_light_and_dark_as_the_system_is(browser: Any, url: str) -> None:
    shades = {}
    for scheme in ("light", "dark"):
        with _page(browser, url, color_scheme=scheme) as page:
            page.get_by_role("link", name="left: open").wait_for()
            colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
            shades[scheme] = sum(int(part) for part in colour.strip("rgb()").split(",")[:3])
    assert shades["dark"] < 200
    assert shades["light"] > 500


def test_a_token_in_its_address_opens_it(browser: Any) -> None:
    token = "a-token-of-many-letters"
    camera = ("--model", "33GP1300", "--address", "127.0.8.8", "--user-name", "left")
    command = emu.Emulator(*camera, "--http", "127.0.0.1:0", "--http-token", token, twins=False)
    assert command.process.stdout is not None
    url = command.process.stdout.readline().split()[1]
    try:
        with _page(browser, url) as page:
            _open(page, "left")
            page.get_by_text("connected", exact=True).wait_for()
            assert token not in page.url
    finally:
        command.close()


class _Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title>")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def test_a_page_of_another_origin_can_neither_drive_nor_see_it(browser: Any, url: str, bench: RemoteBench) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"http://localhost:{server.server_port}/")
        tries = {
            "post": f"fetch('{url}cameras/left/unplug', {{method: 'POST'}})",
            "blind": f"fetch('{url}cameras/left/unplug', {{method: 'POST', mode: 'no-cors'}})",
            "read": f"fetch('{url}cameras')",
        }
        outcomes = {name: page.evaluate(f"{script}.then(r => r.status, e => e.name)") for name, script in tries.items()}
        seen = page.evaluate(
            "url => new Promise(done => { const image = new Image(); image.onload = () => done('seen');"
            "image.onerror = () => done('refused'); image.src = url; })",
            f"{url}static/icon.svg",
        )
        context.close()
        server.shutdown()
    assert outcomes == {"post": "TypeError", "blind": 0, "read": "TypeError"} or outcomes["blind"] == "TypeError"
    assert seen == "refused"
    assert bench["left"].status().plugged


TIMELINE = """
control: 127.0.0.1:0
cameras:
  left: {model: 33GP1300, address: 127.0.8.9, scene: flat}
timeline:
  - {at: 1 s, camera: left, unplug, for: 1 s}
  - {at: 1000 s, camera: left, loss: 2 %}
  - {after: first frame of left, at: 1 s, camera: left, set: {GPOut: 1}}
"""


def test_the_timeline_of_a_bench_file_shows(browser: Any, tmp_path: Path) -> None:
    (tmp_path / "bench.yaml").write_text(TIMELINE)
    command = emu.Emulator(str(tmp_path / "bench.yaml"), twins=False)
    assert command.process.stdout is not None
    url = command.process.stdout.readline().split()[1]
    try:
        with _page(browser, url) as page:
            _open(page, "left")
            coming = page.locator("section", has=page.get_by_role("heading", name="What comes next"))
            coming.get_by_text("loss 2 %").wait_for()
            coming.get_by_text("after a frame of left").wait_for()
            happened = page.locator("section", has=page.get_by_role("heading", name="What has happened"))
            happened.get_by_text("timeline: plug").wait_for()
    finally:
        command.close()
