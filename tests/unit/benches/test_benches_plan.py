"""What a right bench file comes to: options, addresses and steps of its cameras."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from tests.unit.recordings import made

from tiscam_emu.benches.check import check
from tiscam_emu.benches.plan import BenchPlan, read_plan
from tiscam_emu.benches.schema import CameraSection
from tiscam_emu.net.options import ServeOptions
from tiscam_emu.net.timeline import Step

MS = 1_000_000
S = 1_000_000_000


def _read(tmp_path: Path, text: str) -> BenchPlan:
    path = tmp_path / "bench.yaml"
    path.write_text(text, encoding="utf-8")
    return read_plan(path)


def _steps(tmp_path: Path, step: str) -> list[Step]:
    text = f"cameras:\n  left: {{model: 33GP1300}}\n  right: {{model: 33GP1300}}\ntimeline:\n  - {step}\n"
    return list(_read(tmp_path, text).cameras["left"].steps)


def _step(tmp_path: Path, step: str) -> Step:
    (found,) = _steps(tmp_path, step)
    return found


def test_a_camera_has_the_defaults_beneath_its_own_options(tmp_path: Path) -> None:
    plan = _read(
        tmp_path,
        """
        seed: 4
        defaults: {model: 33GP1300, scene: star, stamp: true, features: {Width: 640, Height: 480}, restart: on-failure}
        cameras:
          left: {}
          right:
            {model: dfk 39gx265-z20, scene: flat, seed: 5, serial: 12345678, features: {Height: 100}, restart: never}
        """,
    )

    left, right = plan.cameras["left"], plan.cameras["right"]
    assert (left.options.model, left.options.scene, left.options.seed) == ("33GP1300", "star", 4)
    assert (right.options.model, right.options.scene, right.options.seed) == ("39GX265-Z20", "flat", 5)
    assert left.options.stamp
    assert right.options.stamp
    assert right.options.serial == "12345678"
    assert right.options.features == {"Width": 640, "Height": 100}
    assert (left.restart, right.restart) == (True, False)


def test_every_option_of_a_camera_can_be_in_the_file_and_has_a_type() -> None:
    options = {field.name for field in fields(ServeOptions)} - {"others"}

    assert set(CameraSection.model_fields) == options | {"restart"}
    assert [n for n, field in CameraSection.model_fields.items() if field.annotation in {None, type(None)}] == []


def test_addresses_follow_each_other_and_leave_out_those_given_to_others(tmp_path: Path) -> None:
    plan = _read(
        tmp_path,
        """
        address: 127.0.3.254
        defaults: {model: 33GP1300}
        cameras: {a: {}, b: {address: 127.0.3.255}, c: {}, d: {address: 127.0.0.9}, e: {}}
        """,
    )

    addresses = {name: camera.options.address for name, camera in plan.cameras.items()}
    assert addresses == {"a": "127.0.3.254", "b": "127.0.3.255", "c": "127.0.4.0", "d": "127.0.0.9", "e": "127.0.4.1"}
    assert set(plan.cameras["c"].options.others) == set(addresses.values()) - {"127.0.4.0"}


def test_clients_are_told_the_name_of_a_camera_unless_it_has_another_or_it_is_too_long(tmp_path: Path) -> None:
    plan = _read(
        tmp_path,
        """
        defaults: {model: 33GP1300}
        cameras: {left: {}, right: {user_name: Otto}, a-name-of-16-byte: {}}
        """,
    )

    assert [camera.options.user_name for camera in plan.cameras.values()] == ["left", "Otto", ""]


def test_paths_are_those_beside_the_file_and_names_stay_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    (tmp_path / "acme.yaml").touch()
    plan = _read(
        tmp_path,
        """
        cameras:
          left: {model: acme.yaml, scene: part.png, state_dir: kept, record: left.pcapng}
          right: {model: ./acme.yaml, scene: ./images, state_dir: /kept}
          third: {model: 33GP1300, scene: chart}
        timeline:
          - {camera: left, scene: other.png}
          - {camera: left, scene: star}
        """,
    )

    left, right, third = (plan.cameras[name].options for name in ("left", "right", "third"))
    assert (left.model, left.scene, left.state_dir, left.record) == tuple(
        str(tmp_path / name) for name in ("acme.yaml", "part.png", "kept", "left.pcapng")
    )
    assert (right.model, right.scene, right.state_dir) == (
        str(tmp_path / "acme.yaml"),
        str(tmp_path / "images"),
        "/kept",
    )
    assert (third.model, third.scene, third.state_dir) == ("33GP1300", "chart", "")
    steps = plan.cameras["left"].steps
    assert [step.arguments for step in steps] == [(str(tmp_path / "other.png"),), ("star",)]


@pytest.mark.parametrize(
    ("step", "action", "arguments", "text"),
    [
        ("unplug", "cable", (False,), "unplug"),
        ("plug: ", "cable", (True,), "plug"),
        ("loss: 2 %", "faults", ("drop=0.02",), "loss 2 %"),
        ("loss: 0.02", "faults", ("drop=0.02",), "loss 2 %"),
        ("faults: 'drop=0.1,burst=5'", "faults", ("drop=0.1,burst=5",), "faults drop=0.1,burst=5"),
        ("faults: [busy=0.1, drop=0.1]", "faults", ("busy=0.1", "drop=0.1"), "faults busy=0.1, drop=0.1"),
        ("faults: none", "faults", (), "faults none"),
        ("line1: high", "line1", (True,), "line1 high"),
        ("line1: low", "line1", (False,), "line1 low"),
        ("scene: star", "scene", ("star",), "scene star"),
        ("set: {ExposureAuto: Off}", "set", ("ExposureAuto", "Off"), "set ExposureAuto to Off"),
        ("execute: TriggerSoftware", "execute", ("TriggerSoftware",), "execute TriggerSoftware"),
        ("stamp: true", "stamp", (True,), "stamp true"),
        ("power_cycle: 2 s", "power_off", (2 * S,), "power cycle"),
    ],
)
def test_actions(tmp_path: Path, step: str, action: str, arguments: tuple[object, ...], text: str) -> None:
    found = _step(tmp_path, f"{{at: 5 s, camera: left, {step}}}")

    assert found == Step(0, action, arguments, text, at_ns=5 * S)


def test_a_step_that_sets_several_features_comes_to_several_in_their_order(tmp_path: Path) -> None:
    found = _steps(tmp_path, "{camera: left, set: {GainAuto: Off, Gain: 3.5}, for: 1 s}")

    assert [step.arguments for step in found] == [("GainAuto", "Off"), ("Gain", 3.5)]
    assert [step.for_ns for step in found] == [S, S]


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [("0", 0), ("5 s", 5 * S), ("1.5s", 1500 * MS), ("20 ms", 20 * MS), ("50 us", 50_000), ("50 µs", 50_000),
     ("7 ns", 7), ("2 min", 120 * S), ("1 h", 3600 * S)],
)  # fmt: skip
def test_units_of_time(tmp_path: Path, text: str, nanoseconds: int) -> None:
    assert _step(tmp_path, f"{{at: {text}, camera: left, plug: }}").at_ns == nanoseconds


def test_a_step_can_be_repeated_with_jitter_and_wait_for_a_first_frame(tmp_path: Path) -> None:
    step = (
        "{at: 1 s, after: first frame of right, camera: left, unplug: , for: 2 s, every: 10 s, times: 3, jitter: 5 ms}"
    )
    found = _step(tmp_path, step)

    assert (found.origin, found.at_ns, found.for_ns, found.jitter_ns) == ("right", S, 2 * S, 5 * MS)
    assert found.repeats == ((10 * S, 3),)


@pytest.mark.parametrize(
    ("keys", "repeats", "width_ns"),
    [
        ("", ((20 * MS, 0),), 10 * MS),
        (", count: 50, width: 2 ms", ((20 * MS, 50),), 2 * MS),
        (", for: 1 s", ((20 * MS, 50),), 10 * MS),
        (", for: 1010 ms", ((20 * MS, 51),), 10 * MS),
        (", count: 50, every: 2 s", ((2 * S, 0), (20 * MS, 50)), 10 * MS),
        (", count: 50, every: 2 s, times: 4", ((2 * S, 4), (20 * MS, 50)), 10 * MS),
    ],
)
def test_pulses(tmp_path: Path, keys: str, repeats: tuple[tuple[int, int], ...], width_ns: int) -> None:
    found = _step(tmp_path, f"{{camera: left, pulses: every 20 ms{keys}}}")

    assert (found.action, found.arguments, found.repeats, found.for_ns) == ("pulse", (width_ns,), repeats, 0)
    assert found.told_every == repeats[-1][1]
    assert found.text == f"pulses of {width_ns // MS} ms every 20 ms"


@pytest.mark.parametrize(
    ("camera", "cameras"),
    [("left", ["left"]), ("[left, right]", ["left", "right"]), ("all", ["left", "right", "third"])],
)
def test_a_step_is_for_one_camera_several_or_all(tmp_path: Path, camera: str, cameras: list[str]) -> None:
    plan = _read(
        tmp_path,
        f"""
        defaults: {{model: 33GP1300}}
        cameras: {{left: {{}}, right: {{}}, third: {{}}}}
        timeline: [{{camera: {camera}, plug: }}]
        """,
    )

    assert [name for name, found in plan.cameras.items() if found.steps] == cameras


def test_a_bench_of_one_camera_need_not_name_it(tmp_path: Path) -> None:
    plan = _read(tmp_path, "cameras: {left: {model: 33GP1300}}\ntimeline: [{plug: }]\n")

    assert len(plan.cameras["left"].steps) == 1


@pytest.mark.parametrize("document", ["README.md", "docs/bench.md"])
def test_the_examples_of_the_documentation_are_right(tmp_path: Path, document: str) -> None:
    text = (Path(__file__).parents[3] / document).read_text(encoding="utf-8")
    (example,) = (block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "timeline:" in block)

    plan = _read(tmp_path, example)

    check(plan)
    assert {"left", "right"} <= plan.cameras.keys()
    assert plan.cameras["left"].steps[0].text == "unplug"


@pytest.mark.parametrize("control", ["127.0.0.1:8639", "localhost:8639", "'[::1]:8639'", "127.0.0.1:0"])
def test_the_bench_is_held_at_the_addresses_that_the_command_takes(tmp_path: Path, control: str) -> None:
    plan = _read(tmp_path, f"cameras: {{left: {{model: 33GP1300}}}}\ncontrol: {control}\n")

    assert plan.control == control.strip("'")


def test_scenes_of_a_camera_and_of_its_timeline_may_be_recordings(tmp_path: Path) -> None:
    packets = made.over_ip(made.block(made.image_of("Mono8", 40, 30)))
    made.write(tmp_path / "monday.pcapng", packets)
    made.write(tmp_path / "friday.pcap", packets)
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames/a.raw").write_bytes(made.image_of("Mono8", 4, 4))
    index = '{"pixel_format": "Mono8", "width": 4, "height": 4, "frames": ["a.raw"]}'
    (tmp_path / "frames/index.json").write_text(index, encoding="utf-8")

    plan = _read(
        tmp_path,
        """
        cameras: {left: {model: 33GP1300, scene: monday.pcapng, play: "raw,once"}}
        timeline: [{at: 1 s, scene: friday.pcap}, {at: 2 s, scene: ./frames}, {at: 3 s, scene: star}]
        """,
    )
    check(plan)

    scenes = [step.arguments[0] for step in plan.cameras["left"].steps]
    assert scenes == [str(tmp_path / "friday.pcap"), str(tmp_path / "frames"), "star"]
