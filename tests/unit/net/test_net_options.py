from __future__ import annotations

import sys
from dataclasses import MISSING, Field, fields
from inspect import Parameter, signature
from typing import Any

import pytest

from tiscam_emu import serve
from tiscam_emu.errors import InvalidOption
from tiscam_emu.net.options import ServeOptions


@pytest.mark.parametrize("gso", ["", "true", "ON", "1"])
def test_another_word_for_segmentation_offload_is_refused(gso: str) -> None:
    with pytest.raises(InvalidOption, match=rf"gso '{gso}': must be on, off or auto"):
        ServeOptions("33GP1300", gso=gso).checked()


def test_segmentation_offload_can_be_demanded_only_of_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [ServeOptions("33GP1300", gso=gso).checked().gso for gso in ("on", "off", "auto")] == ["on", "off", "auto"]
    monkeypatch.setattr(sys, "platform", "darwin")
    assert ServeOptions("33GP1300").checked().gso == "auto"
    with pytest.raises(InvalidOption, match="gso on: only Linux"):
        ServeOptions("33GP1300", gso="on").checked()


def test_serve_takes_every_option_of_a_camera_with_the_same_default() -> None:
    """But for those that the bench and the command give."""
    parameters = signature(serve).parameters
    given = {name: parameter.default for name, parameter in parameters.items() if name not in {"in_process", "clock"}}

    assert given == {f.name: _default(f) for f in fields(ServeOptions) if f.name not in {"others", "features"}}


def _default(option: Field[Any]) -> Any:
    return Parameter.empty if option.default is MISSING else option.default
