"""Features of a camera by its own description, for who holds the twin."""

from __future__ import annotations

import pytest

pytest.importorskip("genicam")

from tests.unit.foreign.whole import BASE, choice, number, opened, read

from tiscam_emu.camera.by_name import Features, Plain
from tiscam_emu.errors import AccessDenied, InvalidParameter, ReadOnly, RegisterError, UnknownFeature


@pytest.fixture
def features() -> Features:
    return opened().by_name()


def test_the_features_are_those_of_the_description(features: Features) -> None:
    assert features.names()[:4] == ["Width", "Height", "PixelFormat", "PayloadSize"]
    assert (features.value("Width"), features.value("PixelFormat")) == (640, "Mono8")


def test_a_written_value_lies_in_the_registers_and_acts() -> None:
    face = opened()
    face.by_name().write("Width", 320)
    face.by_name().write("PixelFormat", "Mono16")
    assert read(face, BASE) == 320
    assert read(face, BASE + 12) == 320 * 480 * 2


@pytest.mark.parametrize(
    ("name", "value", "error", "told"),
    [
        ("Width", 641, InvalidParameter, "Width: 641: "),
        ("Width", "x", InvalidParameter, "Width: 'x' is not a number"),
        ("PixelFormat", "Mono7", InvalidParameter, "PixelFormat: 'Mono7' is not one of Mono8, Mono16"),
        ("PayloadSize", 5, ReadOnly, "PayloadSize is read-only"),
        ("Wdth", 5, UnknownFeature, "no feature 'Wdth'; did you mean Width?"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    features: Features, name: str, value: Plain, error: type[Exception], told: str
) -> None:
    with pytest.raises(error) as raised:
        features.write(name, value)
    assert str(raised.value).startswith(told)
    assert (features.value("Width"), features.value("PixelFormat")) == (640, "Mono8")


def test_the_camera_refuses_what_it_refuses_clients() -> None:
    face = opened()
    face.by_name().write("AcquisitionStart", True)
    with pytest.raises(RegisterError):
        face.by_name().write("Width", 320)
    assert read(face, BASE) == 640


def test_a_feature_tells_limits_and_entries(features: Features) -> None:
    width, pixel_format = features.info("Width"), features.info("PixelFormat")
    assert (width.kind, width.access, width.low, width.high) == ("Integer", "RW", 16, 640)
    assert pixel_format.entries == ("Mono8", "Mono16")


def test_an_enumeration_whose_register_holds_no_entry_has_no_value() -> None:
    face = opened(choice("Kind", BASE + 0x100, One=1, Two=2), number("N", BASE + 0x104, 0, 9), names=["Kind", "N"])
    face.memory.write(BASE + 0x100, (7).to_bytes(4, "big"))
    assert face.by_name().info("Kind").value is None
    with pytest.raises(AccessDenied, match="nothing can be read"):
        face.by_name().value("Kind")


def test_what_can_only_be_written_has_no_value_and_keeps_nobody_from_the_others() -> None:
    face = opened(number("Delta", BASE + 0x108, 0, 9, "WO"), names=["Delta"])
    features = face.by_name()
    assert features.info("Delta").value is None
    features.write("Delta", 5)
    assert [features.info(name).name for name in features.names()] == features.names()
    with pytest.raises(AccessDenied):
        features.value("Delta")
