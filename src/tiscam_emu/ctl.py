"""``tiscam-emu ctl``: a bench from the shell, over HTTP."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiscam_emu.errors import CameraFailed, InvalidOption, TiscamEmuError

if TYPE_CHECKING:
    from tiscam_emu.handle import Camera
    from tiscam_emu.remote import RemoteBench

WRONG, FAILED = 2, 1
"""Exit codes: what was asked for cannot be; bench or camera do not answer."""

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Hold the cameras of a running bench.")

_Name = Annotated[str, typer.Argument(metavar="CAMERA", help="Its name on the bench, as `list` tells it.")]


@app.callback()
def where(
    context: typer.Context,
    *,
    url: Annotated[
        str,
        typer.Option(
            help="The bench's URL, as the command with --http prints it; else that of TISCAM_EMU_HTTP, "
            "or http://127.0.0.1:8639."
        ),
    ] = "",
) -> None:
    """Remember where the bench is."""
    context.obj = url


@contextmanager
def _bench(context: typer.Context) -> Iterator[RemoteBench]:
    from tiscam_emu.remote import connect  # noqa: PLC0415 - the command that serves never needs it

    try:
        yield connect(context.obj)
    except TiscamEmuError as error:
        typer.echo(f"tiscam-emu: {error}", err=True)
        raise typer.Exit(FAILED if isinstance(error, CameraFailed) else WRONG) from None
    except BrokenPipeError:
        raise typer.Exit(FAILED) from None


@contextmanager
def _camera(context: typer.Context, name: str) -> Iterator[Camera]:
    with _bench(context) as bench:
        yield bench[name]


@app.command("list")
def list_(context: typer.Context) -> None:
    """One line for each camera: name, model, serial number and address, with tabs between."""
    with _bench(context) as bench:
        for told in bench.server.call("GET", "/cameras"):
            typer.echo("\t".join((told["name"], told["model"], told["serial"], told["address"])))


@app.command()
def status(
    context: typer.Context,
    name: _Name,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As one line of JSON.")] = False,
) -> None:
    """What a camera is doing: one line for each figure."""
    with _bench(context) as bench:
        told = bench.server.call("GET", f"/cameras/{name}")
        if as_json:
            typer.echo(json.dumps(told))
            return
        doing = told.pop("status")
        doing["datagrams"] = doing.pop("faults")  # those that met faults; `faults` are the faults themselves
        typer.echo("\n".join(_lines({**told, **doing})))


def _lines(told: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in told.items():
        if isinstance(value, dict):
            yield from _lines(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            yield from (f"{prefix}{key}\t{_word(item)}" for item in value)
        else:
            yield f"{prefix}{key}\t{_word(value)}"


def _word(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={item}" for key, item in value.items())
    return value if isinstance(value, str) else json.dumps(value)


@app.command()
def get(
    context: typer.Context,
    name: _Name,
    features: Annotated[list[str] | None, typer.Argument(help="Features; without any, all with their values.")] = None,
) -> None:
    """Read features: a value a line; of all features NAME=VALUE."""
    with _camera(context, name) as camera:
        if features:
            typer.echo("\n".join(_word(camera[feature]) for feature in features))
            return
        known = [info for info in camera.every_feature() if info.value is not None]
        typer.echo("\n".join(f"{info.name}={_word(info.value)}" for info in known))


@app.command("set")
def set_(
    context: typer.Context,
    name: _Name,
    settings: Annotated[list[str], typer.Argument(metavar="FEATURE=VALUE...", help="In this order.")],
) -> None:
    """Set features past the client, within their limits; the first that cannot be set ends it."""
    pairs = [setting.partition("=") for setting in settings]
    with _bench(context) as bench:
        camera = bench[name]
        for setting, (_, equals, _) in zip(settings, pairs, strict=True):
            if not equals:
                raise InvalidOption(f"{setting!r}: must be FEATURE=VALUE")
        for feature, _, value in pairs:
            kind = camera.feature(feature).kind
            camera[feature] = value if kind in {"Enumeration", "String", "Register"} else _plain(value)


def _plain(text: str) -> int | float | str | bool:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, int | float | str) else text


@app.command()
def scene(
    context: typer.Context,
    name: _Name,
    scene: Annotated[str, typer.Argument(help="Name of a scene, or a PNG, JPEG or NumPy file; without it: tell.")] = "",
) -> None:
    """Let a camera look at something else."""
    with _camera(context, name) as camera:
        if scene:
            camera.scene = scene
        else:
            typer.echo(camera.scene)


@app.command()
def fault(
    context: typer.Context,
    name: _Name,
    faults: Annotated[list[str] | None, typer.Argument(help="Such as drop=0.01, or none; without any: tell.")] = None,
) -> None:
    """Let these faults take the place of all former ones; ``none`` heals the camera."""
    with _camera(context, name) as camera:
        if faults:
            camera.faults(*([] if faults == ["none"] else faults))
        else:
            typer.echo("\n".join(camera.fault_texts()) or "none")


@app.command()
def unplug(context: typer.Context, name: _Name) -> None:
    """Pull the network plug of a camera."""
    with _camera(context, name) as camera:
        camera.unplug()


@app.command()
def plug(context: typer.Context, name: _Name) -> None:
    """Put the network plug in again."""
    with _camera(context, name) as camera:
        camera.plug()


@app.command()
def trigger(context: typer.Context, name: _Name) -> None:
    """Execute TriggerSoftware."""
    with _camera(context, name) as camera:
        camera.execute("TriggerSoftware")


@app.command()
def line1(
    context: typer.Context, name: _Name, level: Annotated[str, typer.Argument(help="high, low, or none: tell.")] = ""
) -> None:
    """Drive TRIGGER_IN."""
    with _camera(context, name) as camera:
        if not level:
            typer.echo("high" if camera.line1 else "low")
        elif level in {"high", "low"}:
            camera.drive_line1(level == "high")
        else:
            raise InvalidOption(f"level {level!r}: must be high or low")


@app.command()
def start(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="A packaged model.")],
    options: Annotated[list[str] | None, typer.Argument(metavar="OPTION=VALUE...", help="See docs/http.md.")] = None,
) -> None:
    """Start a camera, and print its name."""
    given = {key: _plain(value) for key, _, value in (option.partition("=") for option in options or ())}
    texts = {"name", "address", "serial", "user_name", "scene", "noise"}
    given = {key: str(value) if key in texts else value for key, value in given.items()}
    with _bench(context) as bench:
        body = json.dumps({"model": model, **given}).encode()
        typer.echo(bench.server.call("POST", "/cameras", body)["name"])


@app.command()
def stop(context: typer.Context, name: _Name) -> None:
    """End a camera."""
    with _camera(context, name) as camera:
        camera.stop()


@app.command("power-cycle")
def power_cycle(context: typer.Context, name: _Name) -> None:
    """Switch a camera off and on."""
    with _bench(context) as bench:
        bench.power_cycle(name)


@app.command()
def snapshot(
    context: typer.Context,
    name: _Name,
    file: Annotated[Path, typer.Argument(help="To be written: .png, .jpg, or .raw for the bytes as transmitted.")],
) -> None:
    """Save the last frame that the client got, and tell what it is."""
    with _bench(context) as bench:
        suffix = {".jpeg": ".jpg"}.get(file.suffix.lower(), file.suffix.lower())
        if suffix not in {".png", ".jpg", ".raw"}:
            raise InvalidOption(f"{file}: must end in .png, .jpg or .raw")
        bench[name]
        content, headers = bench.server.fetch("GET", f"/cameras/{name}/frame{suffix}")
        _write(file, content)
        words = (headers[f"x-{word}"] for word in ("frame-id", "timestamp-ns", "pixel-format", "width", "height"))
        typer.echo("\t".join(words))


@app.command()
def watch(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="CAMERA", help="Without one: all of them.")] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Each as one line of JSON.")] = False,
    count: Annotated[int, typer.Option(help="End after so many.")] = 0,
) -> None:
    """Tell what happens, a line each, until interrupted: time in seconds, camera, kind, and more."""
    from tiscam_emu.remote.watching import watch as watch_bench  # noqa: PLC0415 - as above

    told: SimpleQueue[dict[str, Any]] = SimpleQueue()
    with _bench(context) as bench:
        if name:
            bench[name]
        end = watch_bench(bench.server, "", told.put)
        try:
            for number in itertools.count(1):
                happening = _next_of(told, name)
                typer.echo(json.dumps(happening) if as_json else _sentence(happening))
                if number == count:
                    break
        finally:
            end()


def _next_of(told: SimpleQueue[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(happening for happening in iter(told.get, None) if name in {"", happening["camera"]})


def _sentence(happening: dict[str, Any]) -> str:
    rest = {key: value for key, value in happening.items() if key not in {"time_ns", "camera", "kind"}}
    words = [f"{key}={_word(value)}" for key, value in rest.items()]
    return "\t".join((f"{happening.get('time_ns', 0) / 1e9:.6f}", happening["camera"], happening["kind"], *words))


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InvalidOption(f"{path}: {error.strerror}") from None
