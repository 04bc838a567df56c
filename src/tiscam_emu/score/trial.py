"""What a trial is: data, what happens meanwhile, and one function that judges what was seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tiscam_emu.camera.by_name import Plain
from tiscam_emu.score.meddler import Meddler
from tiscam_emu.score.record import Record
from tiscam_emu.score.stage import Stage
from tiscam_emu.score.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One trial.

    Attributes
    ----------
    name
        As in ``--trials``.
    title, expected, why
        What happens to the client; what a good one does; why that counts.
    judge
        What the record says about the client.
    meddler
        Makes what sits on the cable; by default all datagrams pass.
    before, during
        What somebody does to the camera before the client comes, and meanwhile on a thread of its own.
    options
        Of the camera, as for `tiscam_emu.serve`.
    features
        Set before the client comes.
    seconds
        The command is ended after so long; ending earlier by itself is the better way.
    flaw
        What the bad miniature client of the tests does wrong.
    """

    name: str
    title: str
    expected: str
    why: str
    judge: Callable[[Record], Verdict]
    meddler: Callable[[], Meddler] = Meddler
    before: Callable[[Stage], None] | None = None
    during: Callable[[Stage], None] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    features: Mapping[str, Plain] = field(default_factory=dict)
    seconds: float = 6.0
    flaw: str
