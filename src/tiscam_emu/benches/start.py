"""From a bench file to a bench that runs, for programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tiscam_emu.benches.bench import Bench
from tiscam_emu.benches.check import check
from tiscam_emu.benches.file import Mistake, in_file
from tiscam_emu.benches.place import Place
from tiscam_emu.benches.plan import BenchPlan, read_plan
from tiscam_emu.errors import InvalidOption
from tiscam_emu.handle import Camera
from tiscam_emu.http.bench import Bench as Shelf
from tiscam_emu.http.server import check_installed, serving


def checked_plan(path: Path) -> BenchPlan:
    """Read a bench file and try all of it that can be tried without starting a camera.

    Raises
    ------
    SpecError
        One line: the file, the line in it, the key, and what is wrong.
    """
    plan = read_plan(path)
    if plan.control:
        try:
            check_installed()
        except InvalidOption:
            needed = "needs the extra http; install it with: pip install 'tiscam-emu[http]'"
            raise in_file(path, Mistake(("control",), needed)) from None
    check(plan)
    return plan


def open_control(bench: Bench) -> str:
    """Let a bench be held over HTTP if its file says so; returned is where, empty for nowhere.

    Raises
    ------
    UserError
        The address is taken.
    """
    if not bench.plan.control:
        return ""
    shelf = bench.keep_open(Shelf())
    for name, place in bench.places.items():
        shelf.add(name, bench[name], _starter(place, bench[name]))
    return bench.keep_open(serving(shelf, bench.plan.control))


def _starter(place: Place, camera: Camera) -> Callable[[], Camera]:
    def start() -> Camera:
        place.start()
        return camera

    return start


def bench(file: str | Path, *, begin: bool = True) -> Bench:
    """Start the cameras of a bench file; they can be found when this returns.

    Parameters
    ----------
    file
        Path of a bench file, see `docs/bench.md`.
    begin
        Let the timeline begin at once; else `Bench.begin` does.

    Returns
    -------
    Bench
        To be used in a ``with`` statement: ``bench["left"]`` is a `Camera`.

    Raises
    ------
    UserError
        The file is wrong, an address is taken, or a camera cannot be started; none runs then.
    """
    running = Bench(checked_plan(Path(file)))
    try:
        open_control(running)
        if begin:
            running.begin()
    except BaseException:
        running.stop()
        raise
    return running
