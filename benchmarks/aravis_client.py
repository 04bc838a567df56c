"""Measure one camera through Aravis and print the figures as one line of JSON.

Runs under the interpreter that has PyGObject (Debian: ``/usr/bin/python3`` with ``gir1.2-aravis-0.8``), so it imports
`figures.py` alone; `compare.py` starts it. Any GigE Vision camera will do.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gi
from figures import intervals_ns, jitter, percentile

gi.require_version("Aravis", "0.8")
from gi.repository import Aravis, GLib  # noqa: E402 - only after the version is chosen

CONTROL_CHANNEL_PRIVILEGE = 0x0A00
STREAM_PORT, STREAM_PACKET_SIZE, STREAM_ADDRESS = 0x0D00, 0x0D04, 0x0D18
DO_NOT_FRAGMENT = 1 << 30
PEER_WIDTH, PEER_HEIGHT = 0x100, 0x104
"""Registers of arv-fake-gv-camera; its description ends at 2048 pixels, its registers do not."""
AUTOMATICS = ("ExposureAuto", "GainAuto", "BalanceWhiteAuto")
BUFFERED_BYTES = 200_000_000
POP_TIMEOUT_US = 100_000
TRIGGER_TIMEOUT_US = 2_000_000
FIRST_FRAME_TIMEOUT_US = 10_000_000
WARM_UP_S = 1.0


def cpu_s(pid: int) -> float:
    """Processor time that the threads of a process have used; their number must not change while measuring."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def configure(camera: Any, args: argparse.Namespace) -> None:
    """Bring the camera to the settings that the arguments name."""
    device = camera.get_device()
    if args.pixel_format:
        camera.set_pixel_format_from_string(args.pixel_format)
    if args.width:
        set_size(camera, args.width, args.height)
    camera.set_acquisition_mode(Aravis.AcquisitionMode.CONTINUOUS)
    for name in AUTOMATICS:
        if device.is_feature_available(name):
            device.set_string_feature_value(name, "Off")
    if args.exposure_us:
        camera.set_exposure_time(args.exposure_us)
    if args.fps:
        camera.set_frame_rate(min(args.fps, camera.get_frame_rate_bounds()[1]))
    camera.gv_set_packet_size_adjustment(Aravis.GvPacketSizeAdjustment.NEVER)
    camera.gv_set_packet_size(args.packet_size)
    if args.plain_socket:
        camera.gv_set_stream_options(Aravis.GvStreamOption.PACKET_SOCKET_DISABLED)
    if args.task == "trigger":
        camera.set_trigger("Software")


def set_size(camera: Any, width: int, height: int) -> None:
    device = camera.get_device()
    if camera.get_vendor_name() == "Aravis":
        device.write_register(PEER_WIDTH, width)
        device.write_register(PEER_HEIGHT, height)
        return
    if device.is_feature_available("OffsetAutoCenter"):
        device.set_string_feature_value("OffsetAutoCenter", "Off")
    for name, value in (("OffsetX", 0), ("OffsetY", 0), ("Width", width), ("Height", height)):
        device.set_integer_feature_value(name, value)


def open_stream(camera: Any) -> Any:
    """Returns a stream with enough buffers for the client never to be the one that is short of them."""
    stream = camera.create_stream(None, None)
    payload_bytes = camera.get_payload()
    for _ in range(max(6, min(50, BUFFERED_BYTES // payload_bytes))):
        stream.push_buffer(Aravis.Buffer.new_allocate(payload_bytes))
    return stream


def receive(
    stream: Any, seconds: float, take: Callable[[Any], None], between: Callable[[], None] | None = None
) -> None:
    """Hand every buffer that arrives within `seconds` to `take`; with `between`, call it and poll, not wait."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        if between is not None:
            between()
        buffer = stream.timeout_pop_buffer(POP_TIMEOUT_US) if between is None else stream.try_pop_buffer()
        if buffer is not None:
            take(buffer)
            stream.push_buffer(buffer)


def warm_up(stream: Any, seconds: float = WARM_UP_S) -> None:
    """Wait for the first frame, for which a camera may have to prepare, and let those that piled up pass."""
    buffer = stream.timeout_pop_buffer(FIRST_FRAME_TIMEOUT_US)
    if buffer is not None:
        stream.push_buffer(buffer)
    receive(stream, seconds, lambda _buffer: None)


def measure_stream(camera: Any, args: argparse.Namespace) -> dict[str, Any]:
    stream = open_stream(camera)
    arrivals_ns: list[int] = []
    device_ns: list[int] = []
    statuses: Counter[str] = Counter()

    def take(buffer: Any) -> None:
        statuses[buffer.get_status().value_nick] += 1
        if buffer.get_status() == Aravis.BufferStatus.SUCCESS:
            arrivals_ns.append(buffer.get_system_timestamp())
            device_ns.append(buffer.get_timestamp())

    fps_set = camera.get_frame_rate()
    infos = stream_infos(stream)
    camera.start_acquisition()
    if args.from_first:
        first = stream.timeout_pop_buffer(FIRST_FRAME_TIMEOUT_US)
        if first is not None:
            take(first)
            stream.push_buffer(first)
    else:
        warm_up(stream, args.warm_up)
        infos = stream_infos(stream)
    used_s, began = cpu_s(args.server_pid), time.perf_counter()
    receive(stream, args.seconds, take)
    while args.until is not None and not args.until.exists():
        receive(stream, POP_TIMEOUT_US / 1e6, take)
    used_s, elapsed_s = cpu_s(args.server_pid) - used_s, time.perf_counter() - began
    infos = {name: value - infos[name] for name, value in stream_infos(stream).items()}
    payload_bytes = camera.get_payload()
    camera.stop_acquisition()
    gigabytes = len(arrivals_ns) * payload_bytes / 1e9
    return {
        "payload_bytes": payload_bytes,
        "fps_set": fps_set,
        "frames": len(arrivals_ns),
        "failed_frames": sum(statuses.values()) - statuses["success"],
        "missing_frames": infos["n_missing_frames"],
        "skipped_frames": max(0, skipped(device_ns) - infos["n_missing_frames"] - infos["n_failures"]),
        "resent_packets": infos["n_resent_packets"],
        "fps_arrival": rate_hz(arrivals_ns),
        "fps_device": rate_hz(device_ns),
        "mb_per_s": gigabytes * 1e3 / elapsed_s,
        "server_cpu_percent": 100 * used_s / elapsed_s,
        "server_cpu_s_per_gb": used_s / gigabytes if gigabytes else math.nan,
        **jitter(arrivals_ns),
    }


def measure_short(camera: Any, args: argparse.Namespace) -> dict[str, Any]:
    """From AcquisitionStart on, with a setting changed at every frame that arrives if that is asked for."""
    device, stream = camera.get_device(), open_stream(camera)
    changes = [(name, text.split(",")) for name, _, text in (change.partition("=") for change in args.change)]
    arrivals_ms: list[float] = []
    device_ns: list[int] = []
    failed = 0

    def take(buffer: Any) -> None:
        nonlocal failed
        if buffer.get_status() != Aravis.BufferStatus.SUCCESS:
            failed += 1
            return
        arrivals_ms.append((time.perf_counter() - began) * 1e3)
        device_ns.append(buffer.get_timestamp())
        turn, rest = divmod(len(arrivals_ms), args.every)
        for name, values in changes if not rest else ():
            device.set_features_from_string(f"{name}={values[turn % len(values)]}")

    fps_set = camera.get_frame_rate()
    began = time.perf_counter()
    camera.start_acquisition()
    receive(stream, args.seconds, take)
    camera.stop_acquisition()
    return {
        "fps_set": fps_set,
        "frames": len(arrivals_ms),
        "failed_frames": failed,
        "skipped_frames": skipped(device_ns),
        "arrivals_ms": arrivals_ms,
        "device_ns": device_ns,
    }


def measure_sent(camera: Any, args: argparse.Namespace) -> dict[str, Any]:
    """Have the camera stream to a program that receives at `args.port`, and tell what that costs the camera."""
    device = camera.get_device()
    device.write_register(STREAM_PACKET_SIZE, DO_NOT_FRAGMENT | args.packet_size)
    device.write_register(STREAM_ADDRESS, 0x7F000001)
    device.write_register(STREAM_PORT, args.port)
    camera.start_acquisition()
    time.sleep(args.warm_up)
    used_s, began = cpu_s(args.server_pid), time.perf_counter()
    time.sleep(args.seconds)
    used_s, elapsed_s = cpu_s(args.server_pid) - used_s, time.perf_counter() - began
    camera.stop_acquisition()
    return {"payload_bytes": camera.get_payload(), "server_cpu_s": used_s, "seconds": elapsed_s}


def stream_infos(stream: Any) -> dict[str, int]:
    names = ("n_missing_frames", "n_failures", "n_resent_packets")
    return {name: stream.get_info_uint64_by_name(name) for name in names}


def rate_hz(stamps_ns: Sequence[int]) -> float:
    if len(stamps_ns) < 2 or stamps_ns[-1] == stamps_ns[0]:
        return math.nan
    return (len(stamps_ns) - 1) * 1e9 / (stamps_ns[-1] - stamps_ns[0])


def skipped(device_ns: Sequence[int]) -> int:
    """Frames that the device's own clock says are missing between the first and the last."""
    period_ns = percentile(intervals_ns(device_ns), 50)
    return sum(max(0, round(interval / period_ns) - 1) for interval in intervals_ns(device_ns))


def measure_trigger(camera: Any, args: argparse.Namespace) -> dict[str, Any]:
    stream = open_stream(camera)
    camera.start_acquisition()
    receive(stream, WARM_UP_S, lambda _buffer: None)
    latencies_ms: list[float] = []
    triggered_ns: list[int] = []
    lost = 0
    for number in range(args.count):
        time.sleep(0.003 + number * 7 % 40 * 1e-3)  # so that no grid of the camera's own is always met
        triggered_ns.append(time.time_ns())
        began = time.perf_counter()
        camera.software_trigger()
        buffer = stream.timeout_pop_buffer(TRIGGER_TIMEOUT_US)
        took_ms = (time.perf_counter() - began) * 1e3
        if buffer is not None and buffer.get_status() == Aravis.BufferStatus.SUCCESS:
            latencies_ms.append(took_ms)
        else:
            lost += 1
        if buffer is not None:
            stream.push_buffer(buffer)
    camera.stop_acquisition()
    figures = {"lost": lost, "p50": percentile(latencies_ms, 50), "p99": percentile(latencies_ms, 99)}
    return {**figures, "triggered_ns": triggered_ns}


def measure_readreg(camera: Any, args: argparse.Namespace) -> dict[str, Any]:
    """Time register reads, one a millisecond; while streaming if a frame rate is given."""
    device = camera.get_device()
    latencies_us: list[float] = []
    frames = 0

    def read_then_rest() -> None:
        began = time.perf_counter()
        device.read_register(CONTROL_CHANNEL_PRIVILEGE)
        latencies_us.append((time.perf_counter() - began) * 1e6)
        time.sleep(0.001)

    def take(_buffer: Any) -> None:
        nonlocal frames
        frames += 1

    stream = open_stream(camera)
    if args.fps:
        camera.start_acquisition()
        warm_up(stream)
    receive(stream, args.seconds, take, read_then_rest)
    if args.fps:
        camera.stop_acquisition()
    return {
        "fps": frames / args.seconds,
        "p50": percentile(latencies_us, 50),
        "p99": percentile(latencies_us, 99),
        "max": max(latencies_us),
    }


TASKS = {
    "stream": measure_stream,
    "short": measure_short,
    "sent": measure_sent,
    "trigger": measure_trigger,
    "readreg": measure_readreg,
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--server-pid", type=int, required=True, help="process whose processor time is measured")
    parser.add_argument("--width", type=int)
    parser.add_argument("--height", type=int)
    parser.add_argument("--pixel-format")
    parser.add_argument("--fps", type=float, help="lowered to the camera's maximum")
    parser.add_argument("--exposure-us", type=float)
    parser.add_argument("--packet-size", type=int, default=9000, help="bytes with all headers")
    parser.add_argument("--plain-socket", action="store_true", help="an ordinary UDP socket instead of the packet ring")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--warm-up", type=float, default=WARM_UP_S, help="seconds after the first frame")
    parser.add_argument("--from-first", action="store_true", help="measure from the first frame on, not later")
    parser.add_argument("--change", action="append", default=[], metavar="NAME=V,V", help="set in turn, at each frame")
    parser.add_argument("--every", type=int, default=1, help="change only at one of so many frames")
    parser.add_argument("--port", type=int, help="where another program receives")
    parser.add_argument("--until", type=Path, help="stream on until this file exists")
    parser.add_argument("--count", type=int, default=100, help="triggers")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    try:
        camera = Aravis.Camera.new(args.address)
        configure(camera, args)
        figures = TASKS[args.task](camera, args)
        camera.get_device().leave_control()
        told, code = json.dumps(figures), 0
    except GLib.Error as error:
        told, code = f"aravis_client: {error.message}", 1
    print(told, file=sys.stderr if code else sys.stdout, flush=True)
    os._exit(code)  # Aravis joins its threads slowly, and nothing is left to be done


if __name__ == "__main__":
    main()
