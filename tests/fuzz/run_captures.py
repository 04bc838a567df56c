"""Fuzz the reading of captures, guided by coverage (extra ``fuzz``: atheris).

    python tests/fuzz/run_captures.py [-max_total_time=600]

Files that reach new code go to ``tests/fuzz/found``; small ones are kept in ``tests/fuzz/captures``, which the tests
replay.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

_HERE = Path(__file__).parent
sys.path.insert(0, str(_HERE.parents[1]))

with atheris.instrument_imports(include=["tiscam_emu.recordings", "dpkt.pcap", "dpkt.pcapng"]):
    from tests.fuzz import capture_target


def main() -> None:
    arguments = sys.argv
    if not any("-merge" in argument for argument in arguments):
        (_HERE / "found").mkdir(exist_ok=True)
        arguments = [*arguments, "-max_len=4096", str(_HERE / "found"), str(_HERE / "captures")]
    atheris.Setup(arguments, capture_target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
