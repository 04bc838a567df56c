"""What a rule of the manuals is, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.contract.conftest import Bench

ZOOM = ("39GX265-Z20",)
GIGE = ("33GP1300", "38GX541-a", "39GX265-Z20")
USB = ("38UX253", "38UX267")
ALL = (*GIGE, *USB)
PREGIUS = ("38GX541-a", "39GX265-Z20", *USB)
COLOUR = ("33GP1300", "38UX267", "39GX265-Z20")
EVENTS = ("38GX541-a", "39GX265-Z20")
FRAME_SETS = (*EVENTS, "38UX253")


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence of a manual."""

    section: str
    sentence: str
    models: tuple[str, ...]
    check: Callable[[Bench], None]


RULES: list[Rule] = []


def rule(section: str, sentence: str, models: tuple[str, ...] = ALL) -> Callable[[Callable[[Bench], None]], None]:
    def enter(check: Callable[[Bench], None]) -> None:
        RULES.append(Rule(section, sentence, models, check))

    return enter
