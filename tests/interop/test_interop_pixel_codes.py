"""Names and codes of the pixel formats against Wireshark's table, which is made from the standard's list."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from tiscam_emu.pixel_formats import PIXEL_FORMATS


def test_wireshark_knows_every_format_by_its_name_and_code(need: Callable[..., None]) -> None:
    need("tshark")
    listed = subprocess.run(["tshark", "-G", "values"], capture_output=True, text=True, check=True).stdout
    names = {}
    for line in listed.splitlines():
        if line.startswith("V\tgvsp.pixel\t"):
            _, _, code, name, *_ = line.split("\t")
            names[int(code, 0)] = name.split(" ")[0].removeprefix("GVSP_")
    assert len(names) > 200
    assert {row.code: row.name for row in PIXEL_FORMATS.values()} == {
        row.code: names.get(row.code) for row in PIXEL_FORMATS.values()
    }
