"""Compile the core beside its sources: ``python compile.py [--sanitize] [--to FOLDER]``.

It is run by its path, also to build wheels, and imports nothing of the package. Whoever loads the core asks it for the
sources' fingerprint: what only compiling needs is imported then.
"""

from __future__ import annotations

import hashlib
import os
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


def fingerprint() -> str:
    """Of the sources in this folder: a core that was compiled of others must not be used. Empty if there are none."""
    sources = sorted(HERE.glob("*.[ch]"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest() if sources else ""


def command(out: Path, *, sanitize: bool = False) -> list[str]:
    """The compiler's command line that makes `out` of the sources in this folder."""
    import shlex  # noqa: PLC0415

    compiler = shlex.split(os.environ.get("CC", "gcc"))
    extra = SANITIZERS if sanitize else ("-O3",)
    include = "-I" + sysconfig.get_path("include")
    sources = [str(path) for path in sorted(HERE.glob("*.c"))]
    flags = ("-std=gnu11", "-fPIC", "-shared", "-fvisibility=hidden", *WARNINGS, *EXACT, *extra, include)
    known = f'-DSOURCES="{fingerprint()}"'
    return [*compiler, *flags, known, "-o", str(out), *sources, "-lm"]


def build(folder: Path = HERE, *, sanitize: bool = False) -> Path:
    """Compile into `folder`.

    Raises
    ------
    CannotCompile
        Nothing has changed then.
    """
    import subprocess  # noqa: PLC0415

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
    import argparse  # noqa: PLC0415

    parser = argparse.ArgumentParser(description="Compile the core.")
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
