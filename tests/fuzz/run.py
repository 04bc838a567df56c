"""Fuzz the control engine and the parsers, guided by coverage (extra ``fuzz``: atheris).

    python tests/fuzz/run.py [-max_total_time=600]

Scripts that reach new code go to ``tests/fuzz/found``; small ones are kept in ``tests/fuzz/corpus``, which
the tests replay: ``python tests/fuzz/run.py -merge=1 tests/fuzz/corpus tests/fuzz/found``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

_HERE = Path(__file__).parent
sys.path.insert(0, str(_HERE.parents[1]))

with atheris.instrument_imports(include=["tiscam_emu"]):
    from tests.fuzz import target


def main() -> None:
    arguments = sys.argv
    if not any("-merge" in argument for argument in arguments):
        (_HERE / "found").mkdir(exist_ok=True)
        arguments = [*arguments, "-max_len=2048", str(_HERE / "found"), str(_HERE / "corpus")]
    target.run(b"")  # loads the model, which is not what is fuzzed
    atheris.Setup(arguments, target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
