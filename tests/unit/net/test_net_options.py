from __future__ import annotations

import sys

import pytest

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
