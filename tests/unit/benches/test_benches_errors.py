"""A wrong bench file gets one line that names file, line, key, and what is wrong; nothing has been started then."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.recordings import made

from tiscam_emu.benches.check import check
from tiscam_emu.benches.plan import read_plan
from tiscam_emu.errors import SpecError

TWO = """\
cameras:
  left: {model: 33GP1300}
  right: {model: 33GP1300}
"""
STEP = TWO + "timeline:\n  - {at: 1 s, camera: left, plug: }\n  - "
KEYS = "keys are cameras, defaults, address, control, seed, timeline"
ACTIONS = "unplug, plug, loss, faults, line1, pulses, scene, set, execute, stamp, power_cycle"
MODELS = "33GP1300, 38GX541-a, 38UX253, 38UX267, 39GX265-Z20"


def _error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> str:
    monkeypatch.chdir(tmp_path)
    Path("bench.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        check(read_plan(Path("bench.yaml")))
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cameras: {}\n", ":1: cameras: is empty"),
        ("cameras:\n", ":1: cameras: must be a mapping"),
        ("cameras: [left]\n", ":1: cameras: must be a mapping"),
        ("seed: 1\n", ": cameras: is missing"),
        ("- left\n", ": must be a mapping"),
        (TWO + "timelin: []\n", ":4: timelin: unknown key; did you mean timeline?"),
        (TWO + "xyz: 1\n", f":4: xyz: unknown key; {KEYS}"),
        (TWO + "seed: -1\n", ":4: seed: must be 0 or more"),
        (TWO + "seed: 1.5\n", ":4: seed: must be a whole number"),
        (TWO + "seed: 1\nseed: 2\n", ": not valid YAML: seed is there twice in line 5, column 1"),
        (
            "sensor: {width: 3}\nidentity: {}\n",
            ": describes a camera, not a bench: serve it with --model bench.yaml",
        ),
    ],
)
def test_errors_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str) -> None:
    assert _error(tmp_path, monkeypatch, text) == f"bench.yaml{message}"


@pytest.mark.parametrize(
    ("camera", "message"),
    [
        ("33GP1300", "cameras.left: must be a mapping"),
        ("{seed: 1}", "cameras.left: model is missing"),
        ("{modle: 33GP1300}", "cameras.left.modle: unknown key; did you mean model?"),
        (
            "{model: 33GP1301}",
            f"cameras.left.model: unknown model '33GP1301'; known models: {MODELS}; "
            "or the path of a YAML file, a camera's own description, or a folder",
        ),
        ("{model: ./acme.yaml}", "cameras.left.model: acme.yaml: no such file"),
        ("{model: 33GP1300, serial: 123}", "cameras.left.serial: must be 8 digits, and in quotes if the first is 0; "
         "YAML read 123"),
        ("{model: 33GP1300, serial: '1234567x'}", "cameras.left.serial: serial '1234567x': must be 8 digits"),
        (
            "{model: 33GP1300, address: 10.0.0.1}",
            "cameras.left.address: address 10.0.0.1: cameras are served on loopback only, "
            "127.0.0.1 to 127.255.255.254",
        ),
        ("{model: 33GP1300, light_k: 5}", "cameras.left.light_k: light 5 K: must be 1500 to 20000 K"),
        ("{model: 33GP1300, strict: 1}", "cameras.left.strict: must be true or false"),
        ("{model: 33GP1300, user_name: 5}", "cameras.left.user_name: must be a text"),
        ("{model: 33GP1300, max_packet_size: big}", "cameras.left.max_packet_size: must be a whole number"),
        ("{model: 33GP1300, faults: drop=2}", "cameras.left.faults: fault 'drop=2': drop: 2 is not in 0 to 1"),
        ("{model: 33GP1300, restart: always}", "cameras.left.restart: must be never or on-failure"),
        ("{model: 33GP1300, scene: moon}", "cameras.left.scene: unknown scene 'moon'; known scenes: chart, star, "
         "colorchecker, flat, gradient, conveyor, or the path of an image, a folder or a video"),
        ("{model: 33GP1300, scene: ./moon.png}", "cameras.left.scene: scene {tmp}/moon.png: No such file or directory"),
        ("{model: 33GP1300, features: [Width]}", "cameras.left.features: must be a mapping"),
        (
            "{model: 33GP1300, features: {Width: [1]}}",
            "cameras.left.features.Width: must be a number, a text, true or false",
        ),
        (
            "{model: 33GP1300, features: {Widht: 640}}",
            "cameras.left.features.Widht: no feature 'Widht'; did you mean Width or WidthMax?",
        ),
        ("{model: 33GP1300, features: {Gain: 5}}", "cameras.left.features.Gain: Gain is locked: GainAuto is on"),
        (
            "{model: 33GP1300, features: {GainAuto: Off, Gain: 500}}",
            "cameras.left.features.Gain: Gain: 500 is not in 0 to 9.21",
        ),
        (
            "{model: 33GP1300, features: {TriggerMode: Maybe}}",
            "cameras.left.features.TriggerMode: TriggerMode: 'Maybe' is not one of Off, On",
        ),
    ],
)  # fmt: skip
def test_errors_of_a_camera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, camera: str, message: str) -> None:
    text = f"seed: 1\ncameras:\n  left: {camera}\n  right: {{model: 33GP1300}}\n"

    assert _error(tmp_path, monkeypatch, text) == f"bench.yaml:3: {message.replace('{tmp}', str(tmp_path))}"


@pytest.mark.parametrize("name", ["all", "1st", "a b", "a/b", "a" * 41])
def test_errors_of_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    text = f"cameras:\n  {name}: {{model: 33GP1300}}\n"

    wanted = "a name is a letter, then up to 39 letters, digits, _ and -, and not all"
    assert _error(tmp_path, monkeypatch, text) == f"bench.yaml:2: cameras.{name}: {wanted}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "cameras:\n  left: {model: 33GP1300, address: 127.0.0.3}\n  right: {model: 33GP1300, address: 127.0.0.3}\n",
            ":3: cameras.right.address: 127.0.0.3 is the address of left",
        ),
        (
            "cameras:\n  left: {model: 33GP1300, serial: 12345678}\n  right: {model: 33GP1300, serial: 12345678}\n",
            ":3: cameras.right.serial: 12345678 is that of left as well; clients would take them for one",
        ),
        (
            "address: 127.255.255.254\n" + TWO,
            ":1: address: address 127.255.255.255: cameras are served on loopback only, 127.0.0.1 to 127.255.255.254",
        ),
        ("address: here\n" + TWO, ":1: address: address 'here': not an IPv4 address"),
        (
            "defaults: {serial: 12345678}\n" + TWO,
            ":1: defaults.serial: is not the same for all cameras; give it to each one",
        ),
        (
            "defaults: {interface: lo}\ncameras:\n  left: {model: 33GP1300}\n",
            ":3: cameras.left.interface: interface lo: everybody on its network could use the camera; "
            "add --expose if so be it",
        ),
        ("defaults: {interface: lo}\n" + TWO, ":4: cameras.right: interface lo: there is no address left for it"),
        ("control: 8639\n" + TWO, ":1: control: must be a text"),
        (
            "control: 10.0.0.1:8639\n" + TWO,
            ":1: control: 10.0.0.1:8639: must be on loopback, such as 127.0.0.1:8639",
        ),
        (
            "control: 127.0.0.1:99999\n" + TWO,
            ":1: control: '127.0.0.1:99999': must be ADDRESS:PORT, such as 127.0.0.1:8639",
        ),
    ],
)  # fmt: skip
def test_errors_of_what_cameras_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str) -> None:
    assert _error(tmp_path, monkeypatch, text) == f"bench.yaml{message}"


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("{at: 5, camera: left, plug: }", ".at: 5 is not a time with its unit, such as 5 s, 20 ms or 50 us"),
        ("{at: 5 sec, camera: left, plug: }", ".at: '5 sec' is not a time with its unit, such as 5 s, 20 ms or 50 us"),
        ("{at: -5 s, camera: left, plug: }", ".at: '-5 s' is not a time with its unit, such as 5 s, 20 ms or 50 us"),
        ("{at: 9000 h, camera: left, plug: }", ".at: '9000 h' is longer than a year"),
        ("{at: 5 s, plug: }", ": camera is missing: a name, a list of names, or all"),
        ("{camera: lft, plug: }", ".camera: there is no camera 'lft'; did you mean left?"),
        ("{camera: [left, xyz], plug: }", ".camera: there is no camera 'xyz'; did you mean left or right?"),
        ("{camera: 3, plug: }", ".camera: must be a camera's name, a list of names, or all"),
        ("{after: first frame of lft, camera: left, plug: }", ".after: there is no camera 'lft'; did you mean left?"),
        (
            "{after: 3 s, camera: left, plug: }",
            ".after: '3 s' must be start, or first frame of one of the cameras",
        ),
        ("{at: 5 s, camera: left}", f": does nothing; needs one of {ACTIONS}"),
        ("{camera: left, unplg: }", ".unplg: unknown key; did you mean unplug or plug?"),
        (
            "{camera: left, plug: , unplug: }",
            ".plug: a step does one thing, and this one has unplug; make a step of its own of it",
        ),
        ("{camera: left, unplug: yes}", ".unplug: takes no value"),
        ("{camera: left, loss: 200 %}", ".loss: 200 % is not in 0 to 100 %"),
        ("{camera: left, loss: some}", ".loss: 'some' is not a share, such as 2 % or 0.02"),
        ("{camera: left, faults: 3}", ".faults: must be a text such as drop=0.02, a list of such texts, or none"),
        ("{camera: left, faults: [busy=2]}", ".faults: fault 'busy=2': busy: 2 is not in 0 to 1"),
        ("{camera: left, line1: up}", ".line1: 'up' must be high or low"),
        ("{camera: left, stamp: on}", ".stamp: must be true or false"),
        ("{camera: left, plug: , times: 3}", ".times: needs every: the time from one to the next"),
        ("{camera: left, plug: , every: 1 s, times: 0}", ".times: must be 1 or more"),
        ("{camera: left, plug: , every: 0 s}", ".every: must be longer than 0 s"),
        (
            "{camera: left, unplug: , every: 1 s, for: 2 s}",
            ".for: is longer than every, the time until it is done again",
        ),
        (
            "{camera: left, plug: , every: 1 s, jitter: 600 ms}",
            ".jitter: is more than half of every: the order of the times would change",
        ),
        ("{camera: left, plug: , count: 3}", ".count: does not go with plug, but with pulses"),
        (
            "{camera: left, execute: AcquisitionStop, for: 1 s}",
            ".for: does not go with execute, but with unplug, plug, loss, faults, line1, pulses, scene, set, stamp",
        ),
        ("{camera: left, pulses: 20 ms}", ".pulses: '20 ms' is not a period, such as every 20 ms"),
        (
            "{camera: left, pulses: every 20 ms, width: 20 ms}",
            ".width: is not shorter than the time from one pulse to the next",
        ),
        ("{camera: left, pulses: every 20 ms, count: 3, for: 1 s}", ".count: for says already when the pulses end"),
        (
            "{camera: left, pulses: every 20 ms, every: 1 s}",
            ".every: pulses without an end cannot be repeated; give them a count, or for",
        ),
        (
            "{camera: left, pulses: every 20 ms, count: 51, every: 1 s}",
            ".every: comes before the last pulse of the time before",
        ),
        (
            "{camera: left, pulses: every 20 ms, jitter: 5 ms}",
            ".jitter: is so much that pulses would run into each other",
        ),
        ("{camera: left, scene: moon}", ".scene: unknown scene 'moon'; known scenes: chart, star, colorchecker, flat, "
         "gradient, conveyor, or the path of an image, a folder or a video"),
        ("{camera: left, set: {}}", ".set: is empty"),
        ("{camera: left, set: {Widht: 3}}", ".set.Widht: left: no feature 'Widht'; did you mean Width or WidthMax?"),
        ("{camera: left, set: {TriggerMode: Maybe}}", ".set.TriggerMode: left: 'Maybe' is not one of Off, On"),
        ("{camera: left, set: {TriggerSoftware: 1}}", ".set.TriggerSoftware: left: TriggerSoftware is a command"),
        ("{camera: left, execute: Width}", ".execute: left: Width is no command"),
        ("3", ": must be a mapping"),
    ],
)  # fmt: skip
def test_errors_of_a_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, message: str) -> None:
    assert _error(tmp_path, monkeypatch, STEP + step + "\n") == f"bench.yaml:6: timeline[1]{message}"


def test_of_several_mistakes_the_first_in_the_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "cameras:\n  left:\n    modl: 1\n    seed: x\ntimelin: []\n"

    assert _error(tmp_path, monkeypatch, text) == "bench.yaml:3: cameras.left.modl: unknown key; did you mean model?"


def test_a_bench_is_no_camera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tiscam_emu.camera.core import load

    monkeypatch.chdir(tmp_path)
    Path("bench.yaml").write_text(TWO, encoding="utf-8")

    with pytest.raises(SpecError) as caught:
        load("bench.yaml")
    assert str(caught.value) == "bench.yaml: describes a bench, not a camera: serve it with tiscam-emu bench.yaml"


@pytest.mark.parametrize(
    ("scene", "said"),
    [
        ("no-frames.pcap", "no frame of a GigE Vision camera is in it"),
        ("cut.pcap", "cut off at byte 24"),
        ("other.pcapng", "not a capture (.pcap or .pcapng)"),
        ("./frames", "frames: must be a list of file names"),
    ],
)
@pytest.mark.parametrize("of_the_timeline", [False, True])
def test_errors_of_recordings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scene: str, said: str, *, of_the_timeline: bool
) -> None:
    made.write(tmp_path / "no-frames.pcap", made.over_ip([b"other protocols"]))
    (tmp_path / "cut.pcap").write_bytes((tmp_path / "no-frames.pcap").read_bytes()[:30])
    (tmp_path / "other.pcapng").write_bytes(b"something else")
    (tmp_path / "frames").mkdir()
    index = '{"pixel_format": "Mono8", "width": 4, "height": 4, "frames": []}'
    (tmp_path / "frames/index.json").write_text(index, encoding="utf-8")

    text = STEP + f"{{camera: left, scene: {scene}}}\n"
    place = "bench.yaml:6: timeline[1].scene"
    if not of_the_timeline:
        text, place = f"cameras: {{left: {{model: 33GP1300, scene: {scene}}}}}\n", "bench.yaml:1: cameras.left.scene"

    error = _error(tmp_path, monkeypatch, text)
    assert error.startswith(f"{place}: scene {tmp_path / scene}")
    assert said in error


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("scene: a.pcap, play: fast", "play 'fast': must be raw, timed or once, or several of them"),
        ("play: once", "play once: the scene chart is no recording"),
    ],
)
def test_errors_of_how_a_recording_is_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str, message: str
) -> None:
    made.write(tmp_path / "a.pcap", made.over_ip(made.block(made.image_of("Mono8", 40, 30))))

    error = _error(tmp_path, monkeypatch, f"cameras: {{left: {{model: 33GP1300, {options}}}}}\n")
    assert error == f"bench.yaml:1: cameras.left.play: {message}"
