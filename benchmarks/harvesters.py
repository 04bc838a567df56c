"""Measure what harvesters with our GenTL producer costs beside Aravis' own stream: 12 MP Mono8 at 30 fps.

    python benchmarks/harvesters.py [--seconds N] [--rounds N] [--json FILE]

Needs what `compare.py` needs, and what `tools/producer` installs. Both clients use plain sockets, packets of 9000 bytes
and as many buffers; they take turns, each with a camera of its own, and medians of the rounds are shown.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CLIENTS = {"aravis": os.environ.get("TISCAM_EMU_GI_PYTHON", "/usr/bin/python3"), "harvesters": sys.executable}
MODEL, PIXEL_FORMAT, FPS, PACKET_SIZE, BUFFERS = "38UX253", "Mono8", 30.0, 9000, 8
WARM_UP_S = 1.0
TITLE = "4096x3000 Mono8 at 30 fps, packets of 9000"


def stream_for(seconds: float, fetch: Callable[[], int]) -> dict[str, float]:
    """Warm up, then receive; `fetch` returns the id of a whole frame, or 0."""
    end = time.perf_counter() + WARM_UP_S
    while time.perf_counter() < end:
        fetch()
    ids: list[int] = []
    failed = 0
    used_s, began = time.process_time(), time.perf_counter()
    while time.perf_counter() < began + seconds:
        number = fetch()
        if number:
            ids.append(number)
        else:
            failed += 1
    used_s, elapsed_s = time.process_time() - used_s, time.perf_counter() - began
    lost = ids[-1] - ids[0] + 1 - len(ids) if ids else 0
    return {
        "frames": len(ids),
        "fps": len(ids) / elapsed_s,
        "lost": lost,
        "failed": failed,
        "cpu_percent": 100 * used_s / elapsed_s,
        "cpu_ms_per_frame": 1e3 * used_s / max(1, len(ids)),
    }


def aravis_client(address: str, seconds: float) -> dict[str, float]:
    import gi

    gi.require_version("Aravis", "0.8")
    from gi.repository import Aravis

    camera = Aravis.Camera.new(address)
    camera.get_device().set_string_feature_value("ExposureAuto", "Off")
    camera.set_exposure_time(1000.0)
    camera.set_pixel_format_from_string(PIXEL_FORMAT)
    camera.set_frame_rate(FPS)
    camera.gv_set_packet_size_adjustment(Aravis.GvPacketSizeAdjustment.NEVER)
    camera.gv_set_packet_size(PACKET_SIZE)
    camera.gv_set_stream_options(Aravis.GvStreamOption.PACKET_SOCKET_DISABLED)
    stream = camera.create_stream(None, None)
    for _ in range(BUFFERS):
        stream.push_buffer(Aravis.Buffer.new_allocate(camera.get_payload()))

    def fetch() -> int:
        buffer = stream.timeout_pop_buffer(2_000_000)
        if buffer is None:
            return 0
        whole = buffer.get_status() == Aravis.BufferStatus.SUCCESS
        number = int(buffer.get_frame_id())
        stream.push_buffer(buffer)
        return number if whole else 0

    began = time.perf_counter()
    camera.start_acquisition()
    fetch()
    first_ms = 1e3 * (time.perf_counter() - began)
    figures = stream_for(seconds, fetch)
    camera.stop_acquisition()
    return {"first_ms": first_ms, **figures}


def harvesters_client(address: str, seconds: float) -> dict[str, float]:
    from harvesters.core import Harvester

    del address  # the only one
    with Harvester() as harvester:
        harvester.add_file(str(ROOT / "gentl/build/gige_vision.cti"))
        harvester.update()
        with harvester.create() as acquirer:
            nodes = acquirer.remote_device.node_map
            nodes.ExposureAuto.value = "Off"
            nodes.ExposureTime.value = 1000.0
            nodes.PixelFormat.value = PIXEL_FORMAT
            nodes.AcquisitionFrameRate.value = FPS
            nodes.GevSCPSPacketSize.value = PACKET_SIZE
            acquirer.num_buffers = BUFFERS

            def fetch() -> int:
                buffer = acquirer.try_fetch(timeout=2.0)
                if buffer is None:
                    return 0
                with buffer:
                    assert buffer.payload.components[0].data.size == nodes_size
                    return int(buffer.module.frame_id)

            nodes_size = nodes.Width.value * nodes.Height.value
            acquirer.start()
            began = time.perf_counter()  # AcquisitionStart is the last thing that start() does
            fetch()
            first_ms = 1e3 * (time.perf_counter() - began)
            figures = stream_for(seconds, fetch)
            acquirer.stop()
            return {"first_ms": first_ms, **figures}


def measure(client: str, seconds: float) -> dict[str, float]:
    """One client, with a camera of its own."""
    from contestants import our_camera

    with our_camera(MODEL) as server:
        # -P: this file would hide the package of its name
        command = [CLIENTS[client], "-P", __file__, "--client", client, "--address", server.address]
        done = subprocess.run(
            [*command, "--seconds", str(seconds)], stdout=subprocess.PIPE, stderr=None, text=True, check=True
        )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def table(medians: dict[str, dict[str, float]]) -> str:
    from report import markdown, number

    columns = ("fps", "lost", "failed", "cpu_percent", "cpu_ms_per_frame", "first_ms")
    header = ("client", "fps", "frames lost", "incomplete", "client CPU, %", "CPU per frame, ms", "first frame, ms")
    rows = [(client, *(number(figures[column]) for column in columns)) for client, figures in medians.items()]
    return markdown(header, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write machine, runs and medians")
    parser.add_argument("--client", choices=CLIENTS, help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.client:
        clients = {"aravis": aravis_client, "harvesters": harvesters_client}
        print(json.dumps(clients[args.client](args.address, args.seconds)), flush=True)
        return
    from contestants import enter_lonely_namespace, machine

    subprocess.run([ROOT / "tools/producer"], stdout=subprocess.DEVNULL, check=True)
    enter_lonely_namespace()
    about = machine()
    runs: dict[str, list[dict[str, float]]] = {client: [] for client in CLIENTS}
    for _ in range(args.rounds):
        for client in CLIENTS:
            runs[client].append(measure(client, args.seconds))
    medians: dict[str, dict[str, Any]] = {
        client: {key: statistics.median(run[key] for run in taken) for key in taken[0]}
        for client, taken in runs.items()
    }
    more = medians["harvesters"]["cpu_ms_per_frame"] / medians["aravis"]["cpu_ms_per_frame"] - 1
    print("\n".join(f"{key}: {value}" for key, value in about.items()), end="\n\n")
    print(f"{TITLE}\n\n{table(medians)}\n\nharvesters takes {100 * more:.0f} % more of the client's processor a frame.")
    if args.json is not None:
        args.json.write_text(json.dumps({"machine": about, "runs": runs, "medians": medians}, indent=1) + "\n")


if __name__ == "__main__":
    main()
