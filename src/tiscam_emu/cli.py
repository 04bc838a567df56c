"""The command ``tiscam-emu``: a thin client of the Python interface."""

from __future__ import annotations

import logging
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from tiscam_emu import commands, ctl
from tiscam_emu.camera.options import DEFAULT_MAX_PACKET_SIZE
from tiscam_emu.commands import LEVELS
from tiscam_emu.doctor.command import doctor
from tiscam_emu.errors import InvalidOption, TiscamEmuError
from tiscam_emu.net.offload import Gso
from tiscam_emu.net.options import DEFAULT_RECORD_LIMIT, ServeOptions, addresses_for, engine, recording_for
from tiscam_emu.net.process import CameraProcess
from tiscam_emu.net.stop_signals import stop_signals
from tiscam_emu.sensor.optics.illuminant import NEUTRAL_K
from tiscam_emu.spec.catalog import model_keys

if TYPE_CHECKING:
    from tiscam_emu.http.command import HttpOptions

_READY_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 0.6
_WATCH_PERIOD_S = 0.25

app = typer.Typer(cls=commands.WithBenches, add_completion=False, pretty_exceptions_enable=False)


def _list_models(wanted: bool) -> None:
    if wanted:
        typer.echo("\n".join(model_keys()))
        raise typer.Exit


def _version(wanted: bool) -> None:
    if wanted:
        from tiscam_emu import __version__  # noqa: PLC0415 - only here

        try:
            typer.echo(f"tiscam-emu {__version__} ({'native core' if engine() == 'native' else 'numpy'})")
        except InvalidOption as error:
            _fail(str(error))
        raise typer.Exit


@app.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    *,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            help="Model to serve, with or without DFK or DMK, or the path of a YAML file of your own, of a camera's "
            "own description (.xml or .zip), or of a folder that clone saved; repeat for several cameras.",
        ),
    ] = None,
    address: Annotated[
        str, typer.Option(help="Loopback address of the first camera; further cameras take the following ones.")
    ] = "127.0.0.1",
    serial: Annotated[list[str] | None, typer.Option(help="Serial number, 8 digits; one per camera.")] = None,
    user_name: Annotated[list[str] | None, typer.Option(help="User-defined name; one per camera.")] = None,
    scene: Annotated[
        list[str] | None,
        typer.Option(
            help="What all cameras look at: chart (default), star, colorchecker, flat, gradient or conveyor, or the "
            "path of an image, of a folder of images, of a video or of a recording; or one scene per camera."
        ),
    ] = None,
    sensor: Annotated[
        str,
        typer.Option(help="Size of the sensor, such as 2448x2048, where a camera's own description does not say it."),
    ] = "",
    seed: Annotated[int, typer.Option(help="Seed of all randomness: equal seeds give equal frames.")] = 0,
    light_k: Annotated[float, typer.Option(help="Colour temperature of the light, in kelvin.")] = NEUTRAL_K,
    state_dir: Annotated[
        Path | None, typer.Option(help="Folder for what cameras keep across restarts; without it nothing is kept.")
    ] = None,
    max_packet_size: Annotated[int, typer.Option(help="Largest stream packet in bytes, headers included.")] = (
        DEFAULT_MAX_PACKET_SIZE
    ),
    plain_xml: Annotated[bool, typer.Option("--plain-xml", help="Serve the GenICam XML unzipped.")] = False,
    gso: Annotated[
        Gso, typer.Option(help="Segmentation offload; auto: on loopback, while no capture would see packets uncut.")
    ] = Gso.AUTO,
    full_speed: Annotated[
        bool, typer.Option("--full-speed", help="Ignore the limits of the model's link and sensor: a load test.")
    ] = False,
    stamp: Annotated[
        bool, typer.Option("--stamp", help="Write frame id, timestamp and checksum into the first bytes of each frame.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse writes that the real cameras acknowledge, and ignore or fit.")
    ] = False,
    allow_redirect: Annotated[
        bool, typer.Option("--allow-redirect", help="Let clients send streams to other hosts than their own.")
    ] = False,
    multi_part: Annotated[
        bool, typer.Option("--multi-part", help="Offer multi-part streams, for clients that use 64-bit ids.")
    ] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="Fault to have, such as drop=0.01 or drop=0.05,burst=20,on=stream; repeat it for more."),
    ] = None,
    play: Annotated[
        str,
        typer.Option(
            help="How recorded scenes are played: raw (bit for bit), timed (at the pace they were recorded), once; or "
            "several with commas between them."
        ),
    ] = "",
    record: Annotated[
        str, typer.Option(help="Write what the cameras send and hear to this .pcapng file; one for each camera.")
    ] = "",
    record_limit: Annotated[
        int, typer.Option(help="Bytes that a recording may take, the oldest going first; 0: no limit.")
    ] = DEFAULT_RECORD_LIMIT,
    interface: Annotated[
        str, typer.Option(help="Network interface to show the cameras on instead of loopback; needs --expose.")
    ] = "",
    expose: Annotated[
        bool, typer.Option("--expose", help="Agree that everybody on the network of --interface can use the cameras.")
    ] = False,
    http: Annotated[
        str, typer.Option(help="Where to serve the bench over HTTP, panel included: ADDRESS:PORT, as 127.0.0.1:8639.")
    ] = "",
    http_token: Annotated[
        str, typer.Option(help="Token that is demanded over HTTP; made up if --http is not on loopback.")
    ] = "",
    log_level: Annotated[str, typer.Option(help=f"One of {', '.join(LEVELS)}.")] = "WARNING",
    list_models: Annotated[
        bool, typer.Option("--list-models", callback=_list_models, is_eager=True, help="List the models and exit.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show version and engine, and exit.")
    ] = False,
) -> None:
    """Serve cameras over GigE Vision until interrupted, on loopback unless told otherwise.

    `tiscam-emu FILE.yaml` serves those of a bench file, see `tiscam-emu bench --help`.
    Prints "ready MODEL SERIAL ADDRESS" for each camera once it can be found.
    """
    del list_models, version
    if context.invoked_subcommand is not None:
        context.obj = log_level
        _refuse_options(context)
        return
    stop = stop_signals()
    try:
        if log_level.upper() not in LEVELS:
            raise InvalidOption(f"log level {log_level!r}: must be one of {', '.join(LEVELS)}")
        logging.basicConfig(level=log_level.upper(), format="%(levelname)s %(message)s")
        if not model:
            raise InvalidOption(f"no model given: use --model with one of {', '.join(model_keys())}, or a path")
        over_http = _over_http(http, http_token, expose=expose)
        expose = expose and (bool(interface) or over_http is None)
        common = ServeOptions(
            model=model[0],
            address=address,
            sensor=sensor,
            seed=seed,
            light_k=light_k,
            state_dir=str(state_dir or ""),
            max_packet_size=max_packet_size,
            plain_xml=plain_xml,
            gso=gso.value,
            full_speed=full_speed,
            stamp=stamp,
            strict=strict,
            allow_redirect=allow_redirect,
            multi_part=multi_part,
            faults=tuple(fault or ()),
            play=play,
            record=record,
            record_limit=record_limit,
            interface=interface,
            expose=expose,
        )
        options = _of_each(common, model, serial, user_name, scene)
        _check_serials(options)
        _serve(options, log_level.upper(), stop, over_http)
    except TiscamEmuError as error:
        _fail(str(error))


def _refuse_options(context: typer.Context) -> None:
    """Options of cameras before a command of its own would count for nothing."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if name != "log_level" and source is not None and source.name == "COMMANDLINE":
            option = f"--{name.replace('_', '-')}"
            bench = context.invoked_subcommand == "bench"
            instead = "it belongs into the bench file" if bench else "it is for serving cameras"
            _fail(f"{option}: does not go with {context.invoked_subcommand}; {instead}")


def _of_each(
    common: ServeOptions,
    models: list[str],
    serials: list[str] | None,
    user_names: list[str] | None,
    scenes: list[str] | None,
) -> list[ServeOptions]:
    """The options of every camera: what all have in common, and of what was given for each one its own."""
    count = len(models)
    addresses = addresses_for(common, count)
    return [
        replace(
            common,
            model=model,
            address=addresses[number],
            serial=_one_of(serials, number, count, "serial"),
            user_name=_one_of(user_names, number, count, "user name"),
            scene=_scene_of(scenes, number, count),
            record=recording_for(common.record, addresses[number], count),
            others=tuple(other for other in addresses if other != addresses[number]),
        ).checked()
        for number, model in enumerate(models)
    ]


def _one_of(values: list[str] | None, number: int, count: int, what: str) -> str:
    if not values:
        return ""
    if len(values) != count:
        raise InvalidOption(f"{what}: {len(values)} given for {count} cameras; give one for each")
    return values[number]


def _scene_of(scenes: list[str] | None, number: int, count: int) -> str:
    """One scene is for all cameras."""
    return scenes[0] if scenes and len(scenes) == 1 else _one_of(scenes, number, count, "scene") or "chart"


def _check_serials(options: list[ServeOptions]) -> None:
    given = [o.serial for o in options if o.serial]
    for serial in given:
        if given.count(serial) > 1:
            raise InvalidOption(f"serial {serial}: given to several cameras; clients would take them for one")


def _over_http(address: str, token: str, *, expose: bool) -> HttpOptions | None:
    if not address:
        if token:
            raise InvalidOption("http token: is for --http")
        return None
    from tiscam_emu.http.command import HttpOptions  # noqa: PLC0415 - only where it is asked for

    return HttpOptions(address, token, expose).checked()


def _serve(
    options: list[ServeOptions], log_level: str, stop: threading.Event, over_http: HttpOptions | None = None
) -> None:
    cameras: list[CameraProcess] = []
    try:
        cameras.extend(CameraProcess(o, log_level, alone=len(options) == 1) for o in options)
        for camera in cameras:
            camera.wait_ready(_READY_TIMEOUT_S)
            for note in camera.notes:
                typer.echo(note, err=True)
            typer.echo(f"ready {camera.model} {camera.serial} {camera.address}")
            sys.stdout.flush()
        if over_http is not None:
            from tiscam_emu.http.command import serve_bench  # noqa: PLC0415 - as above

            serve_bench(cameras, log_level, over_http, stop.wait)
        else:
            _watch(cameras, stop)
    finally:
        for camera in cameras:
            camera.ask_to_stop()
        deadline = time.monotonic() + _STOP_TIMEOUT_S
        for camera in cameras:
            camera.stop(max(0.0, deadline - time.monotonic()))


def _watch(cameras: list[CameraProcess], stop: threading.Event) -> None:
    if sys.stdout.isatty():
        from tiscam_emu.live import show  # noqa: PLC0415 - rich, only on a terminal

        show(cameras, stop.wait)
        return
    while not stop.wait(_WATCH_PERIOD_S):
        for camera in cameras:
            camera.check_running()


def _fail(message: str) -> NoReturn:
    typer.echo(f"tiscam-emu: {message}", err=True)
    raise typer.Exit(2)


app.command()(commands.bench)
app.command()(commands.clone)
app.command()(commands.inspect)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(commands.score)
app.command()(doctor)
app.add_typer(ctl.app, name="ctl")


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()
