"""Build hook of the package: compiles the optional core into the wheel, where a compiler works.

``TISCAM_EMU_NATIVE=off`` leaves it out, ``require`` makes it an error if it cannot be compiled; see decision 35.
"""

from __future__ import annotations

import importlib.util
import os
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_ROOM = Path("src") / "tiscam_emu" / "native"


class CoreBuildHook(BuildHookInterface[Any]):
    """State: the folder that holds the core until the wheel has been written."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile: beside its sources for an editable install, else into the wheel, which is one of a platform then."""
        wanted = os.environ.get("TISCAM_EMU_NATIVE", "")
        if wanted not in {"", "off", "require"}:
            raise SystemExit(f"TISCAM_EMU_NATIVE={wanted!r}: use off or require, or leave it unset")
        if wanted == "off":
            return
        compiling = _compiling(Path(self.root) / _ROOM / "compile.py")
        self._folder = TemporaryDirectory()
        try:
            built = compiling.build(compiling.HERE if version == "editable" else Path(self._folder.name))
        except compiling.CannotCompile as error:
            if wanted == "require":
                raise SystemExit(f"TISCAM_EMU_NATIVE=require, but the core could not be compiled: {error}") from None
            self.app.display_warning(f"without the compiled core, numpy does its work: {error}")
            return
        if version != "editable":
            build_data["force_include"][str(built)] = f"tiscam_emu/native/{compiling.NAME}"
            build_data["pure_python"] = False
            build_data["tag"] = "cp311-abi3-" + sysconfig.get_platform().replace("-", "_").replace(".", "_")

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Tidy up."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()


def _compiling(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("compiling_the_core", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
