"""What the technical reference manuals say about the behaviour of the cameras, sentence by sentence.

Every row of `RULES` is one "Important" note or one rule of the manuals in our words, with the models it holds for and
a check on the manual clock, which strict cameras and others have to pass. Sections are those of the DFK 39GX265-Z20
manual; rules that it does not have carry the section of the DFK 38UX267 manual. Expected values are worked out by hand
from the text and the tables of the manuals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from tests.contract.manual_rules import (  # noqa: F401 - each enters its rules
    clock_and_actions,
    digital_io,
    events_chunks_bandwidth,
    exposure_and_automatics,
    image_processing,
    lens,
    sensor_readout,
    trigger,
    user_sets_and_frame_sets,
)
from tests.contract.manual_rules.rules import RULES, Rule

if TYPE_CHECKING:
    from tests.contract.conftest import Bench


def _cases() -> Iterator[object]:
    for rule in RULES:
        for model in rule.models:
            yield pytest.param(rule, model, id=f"{model}: {rule.section} {rule.sentence}")


@pytest.mark.parametrize("strict", [False, True], ids=["forgiving", "strict"])
@pytest.mark.parametrize(("rule", "model"), list(_cases()))
def test_camera_does_what_the_manual_says(bench_of: Callable[..., Bench], rule: Rule, model: str, strict: bool) -> None:
    rule.check(bench_of(model, strict=strict))
