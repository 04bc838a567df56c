"""What the commands of the checkout install."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
BROUGHT_ALONG = {"libaravis-0.8-0"}
"""By others that are installed."""


def _installed() -> set[str]:
    scripts = "".join((ROOT / "tools" / name).read_text(encoding="utf-8") for name in ("setup", "test", "producer"))
    return set(re.findall(r":([a-z][a-z0-9.+-]+)", scripts))


def test_every_debian_package_that_a_test_asks_for_is_installed_by_the_test_command() -> None:
    asked = {
        name
        for path in (ROOT / "tests" / "interop").glob("*.py")
        for names in re.findall(r"Debian packages? ([\w.+-]+(?: and [\w.+-]+)?)", path.read_text(encoding="utf-8"))
        for name in names.split(" and ")
    }
    assert {"aravis-tools", "aravis-tools-cli", "libc6-dev", "tshark"} <= asked
    assert asked - BROUGHT_ALONG <= _installed()


def test_a_camera_of_the_checkout_has_what_its_options_need() -> None:
    extras = re.search(r'need_venv "\[([\w,]+)\]"', (ROOT / "tools" / "camera").read_text(encoding="utf-8"))
    assert extras
    offered = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {"http", "recordings"} <= set(extras[1].split(",")) <= offered.keys()
