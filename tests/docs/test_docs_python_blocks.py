"""Every Python block of README and docs runs as it stands there, in a folder that has what its document speaks of."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
import sysconfig
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

_ROOT = str(Path(__file__).parents[2])
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)

from tests.docs.blocks import ROOT, Block, blocks, blocks_of  # noqa: E402
from tests.docs.namespace import run_alone  # noqa: E402

PYTHON = blocks("python")
LEFT_OUT = [block for block in PYTHON if block.left_out]
_DEBIAN_MODULES = "/usr/lib/python3/dist-packages"
_DRIVER = [str(ROOT / "tests" / "docs"), str(ROOT)]
"""Where ``my_driver`` of docs/faults.md is, and what it is made of."""
_ALWAYS = "from pathlib import Path\nimport numpy\nimport pytest\nimport tiscam_emu\n"
GIVEN: dict[str, str] = {
    "docs/scenes.md": (
        "timestamp_ns = 1_000_000_000\n"
        "from tiscam_emu.wire.stamp import StampMaker\n"
        "maker = StampMaker()\nmaker.add(numpy.zeros(400, numpy.uint8))\n"
        "buffer_bytes = maker.stamp(3, timestamp_ns) + bytes(360)\n"
    ),
    "docs/faults.md": "import my_driver\n",
    "docs/http.md": (
        "import atexit, subprocess, sys\n"
        "command = ['-m', 'tiscam_emu.cli', '--model', '39GX265-Z20', '--user-name', 'left']\n"
        "command += ['--http', '127.0.0.1:8639']\n"
        "served = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)\n"
        "atexit.register(served.terminate)\n"
        "next(line for line in served.stdout if line.startswith('bench '))\n"
    ),
}
"""What blocks of a document take for granted."""


def _picture(folder: Path) -> None:
    Image.fromarray(np.full((48, 64, 3), 90, np.uint8)).save(folder / "part.png")


def _description(folder: Path) -> None:
    (folder / "my-camera").mkdir()
    for copy in ("camera.xml", "my-camera/camera.xml"):
        shutil.copy(ROOT / "genicam_xml" / "tiscam_emu_33GP1300.xml", folder / copy)


def _own_camera(folder: Path) -> None:
    (yaml, *_) = [block for block in blocks("yaml") if block.document == "docs/your-own-camera.md"]
    (folder / "acme.yaml").write_text(yaml.code, encoding="utf-8")


def _bench(folder: Path) -> None:
    (yaml, *_) = [block for block in blocks("yaml") if block.document == "docs/bench.md"]
    (folder / "bench.yaml").write_text(yaml.code, encoding="utf-8")


BESIDE: dict[str, Callable[[Path], None]] = {
    "README.md": _picture,
    "docs/bench.md": _bench,
    "docs/foreign-cameras.md": _description,
}
"""Files that blocks of a document name."""


_EXTRA = re.compile(r"tiscam-emu\[(\w+)\]")


def _named_files(document: str) -> dict[str, str]:
    """Blocks of YAML that begin with a comment of a file's name, as in ``# bench.yaml``.

    Without the lines for an extra that the project does not have.
    """
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    found = {}
    for block in blocks("yaml"):
        name = re.match(r"# ([\w-]+\.yaml)\b", block.code)
        if block.document == document and name:
            lines = block.code.splitlines(keepends=True)
            found[name[1]] = "".join(line for line in lines if set(_EXTRA.findall(line)) <= extras.keys())
    return found


def _is_there(module: str) -> bool:
    """Whether this interpreter can import it; Debian's modules are found by Debian's interpreter alone."""
    if module == "gi":
        return any(Path(_DEBIAN_MODULES, "gi").glob(f"_gi.{sysconfig.get_config_var('SOABI')}.so"))
    return importlib.util.find_spec(module) is not None


def _require(block: Block) -> None:
    missing = [name for name in block.needs if not _is_there(name)]
    if missing:
        reason = f"no module {', '.join(missing)}"
        if os.environ.get("TISCAM_EMU_INTEROP") == "require":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@pytest.mark.parametrize("block", [block for block in PYTHON if not block.left_out], ids=str)
def test_a_block_runs_as_it_stands(block: Block, tmp_path: Path) -> None:
    _require(block)
    if block.document in BESIDE:
        BESIDE[block.document](tmp_path)
    for name, file in _named_files(block.document).items():
        (tmp_path / name).write_text(file, encoding="utf-8")
    script = tmp_path / "test_block.py"
    script.write_text(_ALWAYS + GIVEN.get(block.document, "") + block.code, encoding="utf-8")
    command = [sys.executable, "-B", str(script)]
    if re.search(r"^def test_", block.code, re.MULTILINE):
        command[2:2] = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    if "telegenic" in block.needs:
        command = [*command[:2], "-c", _WITH_A_CAMERA, str(script)]
    debian = [_DEBIAN_MODULES] if "gi" in block.needs else []
    done = run_alone(command, tmp_path, path=[str(ROOT / "src"), *_DRIVER, *debian])
    assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"


_WITH_A_CAMERA = "import runpy, sys, tiscam_emu\nwith tiscam_emu.serve('33GP1300'):\n    runpy.run_path(sys.argv[1])\n"
"""For blocks that speak of a camera which the reader has started at 127.0.0.1."""


def test_few_blocks_are_left_out_and_each_says_why() -> None:
    assert len(PYTHON) >= 12
    assert {str(block).split(":")[0]: block.left_out for block in LEFT_OUT} == {
        "README.md": "the tests of the producer run it",
    }
    assert len(LEFT_OUT) == 1


def test_a_mark_before_a_block_is_read_and_belongs_to_that_block_alone() -> None:
    text = "a\n<!-- example: needs gi, telegenic -->\n\n```python\nx\n```\n\n```sh\ny\n```\n"
    first, second = blocks_of(text, "a.md")
    assert (first.needs, first.line, first.code) == (("gi", "telegenic"), 5, "x\n")
    assert (second.needs, second.language, second.mark) == ((), "sh", "")
    (left_out,) = blocks_of("<!-- example: left out, of paper -->\n```python\n```\n", "a.md")
    assert left_out.left_out == "of paper"
