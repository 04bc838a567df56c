"""Trying out, without a network, what only a camera can tell: whether its features can have the values of the file."""

from __future__ import annotations

from collections.abc import Iterator

from tiscam_emu.benches.file import Mistake, Where, in_file
from tiscam_emu.benches.plan import BenchPlan, CameraPlan
from tiscam_emu.camera.by_name import Features
from tiscam_emu.errors import InvalidOption, SceneError, SpecError, UnknownFeature, UserError
from tiscam_emu.net.cameras import open_camera, set_features
from tiscam_emu.net.timeline import Step
from tiscam_emu.spec.catalog import is_file


def check(plan: BenchPlan) -> None:
    """Load the models, look at the scenes, and set the features of a plan on cameras that nobody can find.

    Raises
    ------
    SpecError
        One line: the file, the line in it, the key, and what is wrong.
    """
    try:
        for name, camera in plan.cameras.items():
            _check_scenes(name, camera)
            if is_file(camera.options.model) or camera.options.features or list(_feature_steps(camera)):
                _check_camera(name, camera)
    except Mistake as mistake:
        raise in_file(plan.path, mistake) from None


def _check_scenes(name: str, plan: CameraPlan) -> None:
    scenes: list[tuple[str, Where]] = [(plan.options.scene, ("cameras", name, "scene"))]
    scenes += [(s.arguments[0], ("timeline", s.number, "scene")) for s in plan.steps if s.action == "scene"]
    from tiscam_emu.recordings.play import load_any  # noqa: PLC0415 - slow to load

    for scene, where in scenes:
        try:
            load_any(scene)
        except SceneError as error:
            raise Mistake(where, str(error)) from None


def _feature_steps(plan: CameraPlan) -> Iterator[Step]:
    return (step for step in plan.steps if step.action in {"set", "execute"})


def _check_camera(name: str, plan: CameraPlan) -> None:
    try:
        camera, _ = open_camera(plan.options)
    except UserError as error:
        raise Mistake(("cameras", name, "model"), str(error)) from None
    camera.power_up(0)
    for feature, value in plan.options.features.items():
        try:
            set_features(camera, {feature: value}, 0)
        except InvalidOption as error:
            raise Mistake(("cameras", name, "features", feature), str(error).removeprefix("features: ")) from None
    features = camera.by_name(0)
    for step in _feature_steps(plan):
        _check_step(name, features, step)


def _check_step(camera: str, features: Features, step: Step) -> None:
    """What will be so then is not known; but a feature of another name, or with other entries, will never be there."""
    feature = step.arguments[0]
    where: Where = ("timeline", step.number, step.action, *([feature] if step.action == "set" else []))
    try:
        info = features.info(feature)
    except (UnknownFeature, SpecError) as error:
        raise Mistake(where, f"{camera}: {error}") from None
    if (step.action == "execute") != (info.kind == "Command"):
        raise Mistake(where, f"{camera}: {feature} is " + ("no command" if step.action == "execute" else "a command"))
    if step.action == "set" and info.entries and step.arguments[1] not in info.entries:
        raise Mistake(where, f"{camera}: {step.arguments[1]!r} is not one of {', '.join(info.entries)}")
