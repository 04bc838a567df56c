"""Compile the core beside its sources: ``python -m tiscam_emu.native.compile [--sanitize] [--to FOLDER]``.

The build of wheels takes this file by its path, without the package: it imports nothing of it.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path

NAME = "_core.abi3.so"
HERE = Path(__file__).parent
WARNINGS = ("-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Wno-sign-conversion", "-Werror")
EXACT = ("-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math")
"""Results are those of numpy to the bit: no fused multiply-add; but loops may be vectorised."""
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g", "-O1")


class CannotCompile(Exception):
    """There is no compiler, or it fails: why, in one line.

    Attributes
    ----------
    output
        All that the compiler said.
    """

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output


def command(out: Path, *, sanitize: bool = False) -> list[str]:
    """The compiler's command line that makes `out` of the sources in this folder."""
    compiler = shlex.split(os.environ.get("CC", "gcc"))
    extra = SANITIZERS if sanitize else ("-O3",)
    include = "-I" + sysconfig.get_path("include")
    sources = [str(path) for path in sorted(HERE.glob("*.c"))]
    flags = ("-std=gnu11", "-fPIC", "-shared", "-fvisibility=hidden", *WARNINGS, *EXACT, *extra, include)
    return [*compiler, *flags, "-o", str(out), *sources, "-lm"]


def build(folder: Path = HERE, *, sanitize: bool = False) -> Path:
    """Compile into `folder`.

    Raises
    ------
    CannotCompile
        Nothing has changed then.
    """
    out, made = folder / NAME, folder / f"{NAME}.{os.getpid()}"
    words = command(made, sanitize=sanitize)
    try:
        done = subprocess.run(words, check=False, capture_output=True, text=True, errors="replace")
        if done.returncode:
            lines = done.stderr.splitlines()
            reason = next((line for line in lines if "error" in line), f"exit status {done.returncode}")
            raise CannotCompile(f"{words[0]}: {reason}", done.stderr)
        made.replace(out)  # whoever has the old one loaded keeps it
    except OSError as error:
        raise CannotCompile(f"{words[0]}: {error.strerror or error}") from None
    finally:
        made.unlink(missing_ok=True)
    return out


def main(arguments: list[str] | None = None) -> int:
    """Compile, and say where to."""
    parser = argparse.ArgumentParser(prog="python -m tiscam_emu.native.compile", description=__doc__)
    parser.add_argument("--sanitize", action="store_true", help="with AddressSanitizer and UBSan")
    parser.add_argument("--to", type=Path, default=HERE, metavar="FOLDER")
    options = parser.parse_args(arguments)
    try:
        print(build(options.to, sanitize=options.sanitize))
    except CannotCompile as error:
        print(error.output, end="", file=sys.stderr)
        print(f"the core could not be compiled: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
