"""Mistakes in a file of one's own, and files that mean harm: one line with file and key, in no time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tiscam_emu.camera.core import load
from tiscam_emu.errors import SpecError
from tiscam_emu.spec.files import MOST_BYTES, MOST_FILES

MONO = "extends: [families/own-mono.yaml]\nsensor: {width: 640, height: 480}\n"


def _message(folder: Path, content: str | bytes) -> str:
    """What follows the file's name in the error."""
    path = folder / "mine.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SpecError) as caught:
        load(path)
    file, _, message = str(caught.value).partition(": ")
    assert file == str(path)
    assert "\n" not in message
    return message


def _laughs(link: str, item: str) -> str:
    lines = [f"a0: &a0 {item}", *(f"a{n}: &a{n} {link % ', '.join([f'*a{n - 1}'] * 10)}" for n in range(1, 12))]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (_laughs("[%s]", "[x]"), "holds more than 50000 values, aliases followed"),
        (_laughs("{<<: [%s]}", "{k: x}"), "holds more than 50000 values, aliases followed"),
        ("a: [" + "1, " * 60_000 + "]", "holds more than 50000 values, aliases followed"),
        ("a: &a [*a]", "not valid YAML: *a stands before or inside &a"),
        ("a: *b", "not valid YAML: *b stands before or inside &b"),
        ("a: " + "[" * 40 + "]" * 40, "is nested more than 32 levels deep"),
        ("a: " + "[" * 100_000, "not valid YAML: while increasing flow level exceeded maximum nesting depth"),
        (b"# " + b"x" * MOST_BYTES, "larger than 1000000 bytes"),
        (b"\x7fELF\x02\x00\xff", "not valid YAML: not UTF-8 text"),
        (b"a: \x00", "not valid YAML: unacceptable character"),
        ("", "must be a mapping"),
        ("link: {}\nlink: {}", "not valid YAML: link is there twice in line 2, column 1"),
        ("features: {1: {}}", "not valid YAML: a key is not a text in line 1, column 12"),
        ("? [a]\n: b", "not valid YAML: a key is not a text in line 1, column 3"),
        ("a: 2020-99-99", "not valid YAML: month must be in 1..12"),
        ("a: " + "9" * 5000, "not valid YAML: Exceeds the limit"),
        ("a: !!int", "not valid YAML: a value is not what its tag says"),
        ("a: !!python/object:os.system x", "not valid YAML: could not determine a constructor"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else None,
)
def test_file_that_means_harm_is_refused(tmp_path: Path, content: str | bytes, message: str) -> None:
    assert _message(tmp_path, content).startswith(message)


def test_pipe_device_and_folder_are_refused_unread(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    for name in ("pipe.yaml", "folder.yaml"):
        with pytest.raises(SpecError, match="is not a file"):
            load(tmp_path / name)
        assert _message(tmp_path, f"extends: [{name}]") == f"extends: {name}: is not a file"


def test_files_that_extend_each_other_in_a_circle_are_named(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("extends: [mine.yaml]", encoding="utf-8")
    mine, other = tmp_path / "mine.yaml", tmp_path / "other.yaml"
    assert _message(tmp_path, "extends: [other.yaml]") == f"extends: goes in a circle: {mine} -> {other} -> {mine}"


def test_files_that_are_extended_again_and_again_are_limited(tmp_path: Path) -> None:
    for number in range(12):
        base = f"extends: [{number + 1}.yaml, {number + 1}.yaml]" if number < 11 else "a: 1"
        (tmp_path / f"{number}.yaml").write_text(base, encoding="utf-8")
    assert _message(tmp_path, "extends: [0.yaml]") == f"extends: leads to more than {MOST_FILES} files"


def test_file_beside_goes_before_the_packaged_one(tmp_path: Path) -> None:
    (tmp_path / "families").mkdir()
    (tmp_path / "families" / "mono.yaml").write_text("sensor: {color: maybe}", encoding="utf-8")
    message = _message(tmp_path, "extends: [families/own-mono.yaml, families/mono.yaml]\n" + MONO.split("\n")[1])
    where = tmp_path / "families" / "mono.yaml"
    assert message == (
        f"sensor.color: Input should be a valid boolean, unable to interpret input (sensor.color is in {where})"
    )


def test_key_in_an_extended_file_is_named_with_that_file(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(MONO + "features: {Gain: {max: -3}}", encoding="utf-8")
    message = _message(tmp_path, "extends: [base.yaml]")
    assert message == (
        "features.Gain.max: -3 is below the minimum 0.0 (features.Gain.max is in " + f"{tmp_path / 'base.yaml'})"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("sensor: {width: -640}", "sensor.width: Input should be greater than or equal to 16"),
        ("sensor: {width: 100000}", "sensor.width: Input should be less than or equal to 16384"),
        ("sensor: {width: 640.5}", "sensor.width: Input should be a multiple of 1"),
        ("sensor: {width: .nan}", "sensor.width: Input should be a finite number"),
        ("sensor: {width: wide}", "sensor.width: Input should be a valid number"),
        ("sensor: {width: ~}", "sensor.width: Field required"),
        ("sensor: {width: 16384, height: 16384}", "sensor.width: more than 160 megapixels with this height"),
        ("sensor: {qe: [0.5, 0.5]}", "sensor: qe needs 1 values, not 2"),
        ("link: {bytes_per_s: 0}", "link.bytes_per_s: Input should be greater than 0"),
        ("link: {default_packet_size: 100}", "link.default_packet_size: Input should be greater than or equal to 576"),
        ("timing: {default: {line_us: -1}}", "timing.default.line_us: Input should be greater than or equal to 0"),
        ("readout: {modes: []}", "readout.modes: "),
        (
            "readout: {modes: [{decimation: [2, 2], binning: [1, 1]}]}",
            "readout: the first mode has to have factors of 1",
        ),
        ("readout: {modes: [{decimation: [17, 1], binning: [1, 1]}]}", "readout.modes.0.decimation.0: Input should be"),
        ("identity: {name: " + "x" * 32 + "}", "identity.name: longer than 31 bytes"),
        ('identity: {name: "a\\nb"}', "identity.name: has characters that cannot be printed"),
        ("features: [Width]", "features: Input should be a mapping"),
        ("features: {Sparkle: {}}", "features.Sparkle: no feature of this name is declared"),
        ("features: {Width: {max: 700}}", "features.Width.max: 700 is above the sensor's 640"),
        ("features: {Width: {min: 0}}", "features.Width.min: 0 is not in 1 to 640, which the readout leaves"),
        ("features: {Width: {inc: 0}}", "features.Width.inc: Input should be greater than 0"),
        ("features: {Width: {inc: 2.5}}", "features.Width.inc: 2.5 is not a whole number"),
        ("features: {Width: {inc: 5}}", "features.Width.inc: 5 does not go with Mono12Packed: use multiples of 2"),
        ("features: {Width: {default: 641}}", "features.Width.default: 641 is not in 16 to 640"),
        ("features: {Width: {default: 638}}", "features.Width.default: 638 is not in 16 to 640 in steps of 4"),
        ("features: {OffsetX: {min: -4}}", "features.OffsetX.min: -4 does not fit the register, which takes 0 to"),
        ("features: {Gain: {max: 2020-01-01}}", "features.Gain.max: Input should be a valid integer"),
        ("features: {Gain: {max: 1.0e+12}}", "features.Gain.max: 1000000000000.0 does not fit the register"),
        ("features: {Gain: {default: true}}", "features.Gain.default: True is not a number"),
        ("features: {ExposureTime: {min: 6000}}", "features.ExposureTime.default: 5000.0 is not in 6000 to 10000000.0"),
        ("features: {PixelFormat: {entries: []}}", "features.PixelFormat.entries: at least one is needed"),
        ("features: {PixelFormat: {entries: [Mono8, Mono8]}}", "features.PixelFormat.entries: Mono8 is there twice"),
        ("features: {PixelFormat: {entries: Mono8}}", "features.PixelFormat.entries: Input should be a list"),
        (
            "features: {PixelFormat: {entries: [BayerRG8]}}",
            "features.PixelFormat.entries: BayerRG8 cannot be made from a monochrome sensor",
        ),
        (
            "features: {LUTEnable: {default: perhaps}}",
            "features.LUTEnable.default: 'perhaps' is neither true nor false",
        ),
        (
            "features: {TriggerSoftware: {default: 1}}",
            "features.TriggerSoftware.default: TriggerSoftware has no default",
        ),
        (
            "features: {DeviceUserID: {default: 5}}",
            "features.DeviceUserID.default: 5 is not a text that can be printed",
        ),
        ("features: {Gamma: ~}", "features.Gamma: no camera can do without it"),
        ("features: {ChunkEnable: ~}", "features.ChunkEnable: ChunkModeActive needs it"),
        ("features: {Zoom: {min: 0, max: 9}}", "features.Focus: Zoom needs it"),
        ("lens: {}", "lens.focal_mm: Field required"),
    ],
)
def test_number_that_cannot_be_is_named(tmp_path: Path, change: str, message: str) -> None:
    (tmp_path / "base.yaml").write_text(MONO, encoding="utf-8")
    assert _message(tmp_path, f"extends: [base.yaml]\n{change}").startswith(message)


def test_odd_steps_on_a_colour_mosaic_are_refused(tmp_path: Path) -> None:
    color = MONO.replace("mono", "color") + "features: {OffsetX: {inc: 1}}"
    assert _message(tmp_path, color) == (
        "features.OffsetX.inc: 1 would tear the colour mosaic apart; use an even number"
    )


INTEGER = "type: integer"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{}", ".type: Field required"),
        ("{type: image}", ".type: Input should be 'integer', 'float'"),
        ("integer", ": Input should be a mapping"),
        ("{type: integer, colour: red}", ".colour: Extra inputs are not permitted"),
        ("{type: integer, entries: [A]}", ".entries: an integer has none"),
        ("{type: boolean, min: 1}", ".min: a boolean has none"),
        ("{type: command, default: 1}", ".default: a command has none"),
        ("{type: command, selector: UserSetSelector}", ".selector: a command has none"),
        ("{type: command, access: RO}", ".access: a command has to be written"),
        ("{type: integer, access: W}", ".access: Input should be 'RO', 'RW' or 'WO'"),
        ("{type: integer, min: 5, max: 3}", ".max: 3 is below the minimum 5"),
        ("{type: integer, min: 1.5}", ".min: 1.5 is not a whole number"),
        ("{type: integer, max: 10, inc: 3}", ".max: 10 is not 0 and a multiple of 3"),
        ("{type: integer, inc: 0}", ".inc: Input should be greater than 0"),
        ("{type: integer, max: 9223372036854775808}", ".max: 9223372036854775808 is above 9223372036854775807"),
        ("{type: integer, max: 3, default: 9}", ".default: 9 is not in 0 to 3"),
        ("{type: integer, default: 1.5}", ".default: 1.5 is not a whole number"),
        ("{type: float, inc: 0.1}", ".inc: needs min and max, too"),
        ("{type: float, max: .inf}", ".max: Input should be a finite number"),
        ("{type: float, default: hot}", ".default: 'hot' is not a number"),
        ("{type: enumeration}", ".entries: an enumeration needs its entries"),
        ("{type: enumeration, entries: [A, A]}", ".entries: a name is there twice"),
        ("{type: enumeration, entries: [a b]}", ".entries: 'a b' is not a name"),
        ("{type: enumeration, entries: [true]}", ".entries: True is not a name"),
        ("{type: enumeration, entries: {A: 1, B: 1}}", ".entries: two entries have the same number"),
        ("{type: enumeration, entries: {A: -1}}", ".entries.A: -1 is not a whole number from 0 to 2147483647"),
        ("{type: enumeration, entries: [A], default: B}", ".default: 'B' is not an entry; known: A"),
        ("{type: string, size: 600}", ".size: Input should be less than or equal to 512"),
        ("{type: string, size: 4, default: abcde}", ".default: 'abcde' is longer than 4 bytes"),
        ('{type: string, default: "a\\0b"}', ".default: 'a\\x00b' is not a text that can be printed"),
        ("{type: integer, selector: Nothing}", ".selector: no feature of this name is declared"),
        ("{type: integer, selector: X}", ".selector: X cannot be a selector"),
        ("{type: integer, selector: Gain}", ".selector: Gain is neither an enumeration nor an integer"),
        ("{type: integer, selector: PixelFormat}", ".selector: PixelFormat has entries above 255"),
        ("{type: integer, selector: Width}", ".selector: Width is not limited to 0 to 255"),
        ("{type: integer, selector: BalanceRatioSelector}", ".selector: the model lacks its selector"),
        ("{type: integer, category: a b}", ".category: 'a b' is not a name"),
        ("{type: integer, category: Width}", ".category: Width is the name of a feature, too"),
        ("{type: integer, category: X}", ": is the name of a category, too"),
        ('{type: integer, doc: "\\a"}', ".doc: has characters that cannot be printed"),
    ],
)
def test_feature_of_ones_own_that_cannot_be_is_named(tmp_path: Path, row: str, message: str) -> None:
    assert _message(tmp_path, f"{MONO}own_features: {{X: {row}}}").startswith(f"own_features.X{message}")


@pytest.mark.parametrize("name", ["a b", "1a", "_a", "ä", "x" * 65])
def test_name_that_genicam_does_not_allow_is_refused(tmp_path: Path, name: str) -> None:
    assert _message(tmp_path, f"{MONO}own_features: {{{name}: {{{INTEGER}}}}}") == (
        f"own_features.{name}: {name!r} is not a name: a letter, then up to 63 letters, digits and _"
    )


def test_too_many_features_and_too_large_ones_are_refused(tmp_path: Path) -> None:
    many = "".join(f"  F{number}: {{{INTEGER}}}\n" for number in range(1001))
    assert (
        _message(tmp_path, f"{MONO}own_features:\n{many}") == "own_features: 1001 features; at most 1000 are possible"
    )
    texts = "".join(f"  F{number}: {{type: string, size: 512, selector: S}}\n" for number in range(9))
    assert _message(tmp_path, f"{MONO}own_features:\n  S: {{type: integer, max: 255}}\n{texts}") == (
        "own_features: their registers need more than the 1 MiB there is"
    )
