"""Rules of the manuals: digital I/O and strobe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.manual_rules.desk_work import MS, US, S, small
from tests.contract.manual_rules.rules import PREGIUS, rule

if TYPE_CHECKING:
    from tests.contract.conftest import Bench


@rule("5.7.1", "the general purpose input reads 1 while the line is low")
def _(bench: Bench) -> None:
    bench.desk.camera.line1.drive(True, 10)
    found = []
    for bench.desk.now in (9, 10):
        found.append(bench.desk.get("GPIn"))
    assert found == [1, 0]


@rule("5.7.2", "the general purpose output drives the strobe line")
def _(bench: Bench) -> None:
    for bench.desk.now, level in ((10, 1), (30, 0)):
        bench.desk.set(GPOut=level)
    assert bench.desk.camera.output_edges == ((10, True), (30, False))


def _strobe(bench: Bench, **settings: str | int) -> tuple[tuple[int, bool], ...]:
    """Edges of the output around the exposure from 1000 ms to 1005 ms, in microseconds from its start."""
    small(bench.desk).set(StrobeEnable="On", **settings)
    bench.desk.now = S
    bench.desk.run("AcquisitionStart")
    bench.desk.advance(S + 50 * MS)
    return tuple(((at - S) // US, high) for at, high in bench.desk.camera.output_edges if at >= S)


@rule("5.8.2, 5.8.3", "the strobe line is high during the exposure")
def _(bench: Bench) -> None:
    assert _strobe(bench) == ((0, True), (5000, False))


@rule("5.8.2", "an active-low strobe is low during the exposure")
def _(bench: Bench) -> None:
    assert _strobe(bench, StrobePolarity="ActiveLow") == ((0, False), (5000, True))


@rule("5.8.4", "a fixed strobe lasts for its own duration", PREGIUS)
def _(bench: Bench) -> None:
    assert _strobe(bench, StrobeOperation="FixedDuration", StrobeDuration=777) == ((0, True), (777, False))


@rule("5.8.5", "the strobe delay lies between the start of the exposure and the pulse", PREGIUS)
def _(bench: Bench) -> None:
    assert _strobe(bench, StrobeDelay=300) == ((300, True), (5300, False))
