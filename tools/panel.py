"""Take the pictures of the front panel, docs/images/panel*.jpg of docs/panel.md.

Needs Debian's chromium and Aravis, and a namespace, for Aravis asks for cameras on every interface:
``unshare -rn sh -c 'ip link set lo up; python tools/panel.py'``.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tiscam_emu import Camera, serve
from tiscam_emu.http.bench import Bench
from tiscam_emu.http.server import serving

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
CLIENT = ROOT / "tests" / "interop" / "clients" / "aravis_watch.py"
CAMERAS = {
    "line-left": ("39GX265-Z20", "chart", 13000, 4),
    "line-right": ("33GP1300", "colorchecker", 11000, 6),
    "overview": ("38UX253", "conveyor", 9000, 1.5),
}
"""Model, scene, exposure in microseconds and frames a second."""
SETTLING_S = 50.0
QUALITY = 88


@contextmanager
def streaming(camera: Camera, exposure_us: float, rate: float) -> Iterator[None]:
    """An Aravis client of the camera."""
    settings = [
        ["ExposureAuto", "Off"],
        ["GainAuto", "Off"],
        ["ExposureTime", exposure_us],
        ["AcquisitionFrameRate", rate],
    ]
    job = {"camera": camera.address, "set_if_there": settings}
    client = subprocess.Popen(
        ["/usr/bin/python3", str(CLIENT), json.dumps(job)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    yield
    client.communicate()


def save(page: Page, name: str, **options: Any) -> None:
    with Image.open(io.BytesIO(page.screenshot(**options))) as image:
        image.convert("RGB").save(IMAGES / f"{name}.jpg", quality=QUALITY)


def main() -> None:
    bench = Bench()
    with ExitStack() as stack:
        for number, (name, (model, scene, *light)) in enumerate(CAMERAS.items(), start=1):
            camera = stack.enter_context(serve(model, address=f"127.0.0.{number}", scene=scene))
            bench.add(name, camera, lambda: camera)  # noqa: B023 - none is started again
            stack.enter_context(streaming(camera, *light))
        url = stack.enter_context(serving(bench, "127.0.0.1:0"))
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1180, "height": 470}, color_scheme="light")
        page.goto(url)
        page.locator("canvas[data-frame-id]").nth(2).wait_for(timeout=60_000)
        time.sleep(4)
        bench["line-right"].faults("drop=0.01,on=stream")
        time.sleep(2)
        save(page, "panel")
        page.close()
        page = browser.new_page(viewport={"width": 1180, "height": 1000}, color_scheme="dark")
        page.goto(f"{url}#/line-left")
        page.wait_for_selector(".feature", timeout=60_000)
        time.sleep(SETTLING_S / 2)
        bench["line-left"].faults("drop=0.002,on=stream")
        bench["line-left"]["ExposureTime"] = 11000
        time.sleep(SETTLING_S / 2)
        save(page, "panel-camera", full_page=True)
        page.set_viewport_size({"width": 390, "height": 844})
        time.sleep(3)
        save(page, "panel-phone")
        browser.close()


if __name__ == "__main__":
    main()
