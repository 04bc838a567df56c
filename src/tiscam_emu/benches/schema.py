"""The bench file as it is written: which keys there are, and what each may be."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, create_model

from tiscam_emu.benches.values import Faults, Level, Names, Origin, Period, PulsePeriod, Serial, Share, Time
from tiscam_emu.net.options import ServeOptions

Plain = StrictBool | StrictInt | StrictFloat | StrictStr
Features = dict[str, Plain]
_BY_THE_BENCH = frozenset({"others"})
_OWN_TYPES: dict[str, Any] = {"scene": StrictStr, "serial": Serial, "faults": Faults, "features": Features}
_STRICT = {str: StrictStr, int: StrictInt, bool: StrictBool, float: StrictInt | StrictFloat}
ONE_EACH = frozenset({"serial", "address", "user_name", "record"})
"""Options in which all cameras differ."""
RESTARTS = ("never", "on-failure")


class Section(BaseModel):
    """Any mapping of a bench file: it has the keys that are known, and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


def _option_types(left_out: frozenset[str]) -> dict[str, Any]:
    """The options of a camera, each with its type and left out by default: those of the command."""
    hints = get_type_hints(ServeOptions)
    types = {f.name: _OWN_TYPES.get(f.name, _STRICT.get(hints[f.name], Any)) for f in fields(ServeOptions)}
    return {name: (kind, None) for name, kind in types.items() if name not in left_out | _BY_THE_BENCH}


Restart = Annotated[StrictStr, Field(pattern=f"^({'|'.join(RESTARTS)})$")]
if TYPE_CHECKING:

    class Defaults(Section):
        """What all cameras have in common."""

    class CameraSection(Section):
        """One camera: the options of the command, and those of the bench."""

else:
    Defaults = create_model("Defaults", __base__=Section, **_option_types(ONE_EACH), restart=(Restart, None))
    CameraSection = create_model(
        "CameraSection", __base__=Section, **_option_types(frozenset()), restart=(Restart, None)
    )


class StepSection(Section):
    """One step of the timeline: when, for which cameras, and exactly one action."""

    at: Time = 0
    after: Origin = ""
    camera: Names = ()
    for_: Period = Field(default=0, alias="for")
    every: Period = 0
    times: Annotated[StrictInt, Field(ge=1)] = 0
    jitter: Time = 0
    count: Annotated[StrictInt, Field(ge=1)] = 0
    width: Period = 0

    unplug: None = None
    plug: None = None
    loss: Share = 0.0
    faults: Faults = ()
    line1: Level = False
    pulses: PulsePeriod = 0
    scene: StrictStr = ""
    set: Annotated[Features, Field(min_length=1)] = {}
    execute: StrictStr = ""
    stamp: StrictBool = False
    power_cycle: Time = 0


class BenchFile(Section):
    """The whole file."""

    cameras: Annotated[dict[str, CameraSection], Field(min_length=1)]
    defaults: Defaults = Defaults()
    address: StrictStr = "127.0.0.1"
    control: StrictStr = ""
    seed: Annotated[StrictInt, Field(ge=0)] = 0
    timeline: list[StepSection] = []
