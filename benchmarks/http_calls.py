"""How long calls over HTTP take while a camera streams, and what watching it costs.

A 12 megapixel camera streams 30 frames a second to a socket that nobody reads, so that no client takes part of the
processor. Calls are made one after the other, first alone, then while somebody watches: the event stream, and a picture
of 640 pixels' width ten times a second. Rates and processor time are of windows with and without, by turns.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tiscam_emu
from tiscam_emu.http.bench import Bench
from tiscam_emu.http.server import serving

NAME = "camera"
CALLS = {
    "a value": ("GET", "/features/Width/value", None),
    "a feature": ("GET", "/features/ExposureTime", None),
    "setting one": ("PUT", "/features/GPOut", b"1"),
    "status": ("GET", "", None),
}
PERIOD_S = 0.1
LINGER_S = 11.0
"""Until the bench no longer watches for a listener that has gone."""


def cpu_s(pid: int) -> float:
    """Processor time that the threads of a process have used."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def times_ms(port: int, count: int) -> dict[str, list[float]]:
    """Median, 99th percentile and longest of each kind of call."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    found = {}
    for what, (method, path, body) in CALLS.items():
        taken = []
        for _ in range(count):
            begin = time.perf_counter()
            connection.request(method, f"/cameras/{NAME}{path}", body)
            connection.getresponse().read()
            taken.append(1e3 * (time.perf_counter() - begin))
            time.sleep(0.005)
        taken.sort()
        found[what] = [round(taken[int(share * (count - 1))], 1) for share in (0.5, 0.99, 1)]
    connection.close()
    return found


@contextmanager
def watching(port: int) -> Iterator[list[int]]:
    """Somebody who looks and listens; given is a list that grows with every picture."""
    ended, pictures = threading.Event(), list[int]()
    events = http.client.HTTPConnection("127.0.0.1", port)
    events.request("GET", "/events")
    response = events.getresponse()
    threading.Thread(target=lambda: list(response), daemon=True).start()

    def look() -> None:
        connection, key = http.client.HTTPConnection("127.0.0.1", port), ""
        while not ended.wait(PERIOD_S):
            connection.request("GET", f"/cameras/{NAME}/frame.jpg?width=640", headers={"If-None-Match": f'"{key}"'})
            answer = connection.getresponse()
            size = len(answer.read())
            if answer.status == 200:
                key = answer.headers["X-Frame-Key"]
                pictures.append(size)

    thread = threading.Thread(target=look)
    thread.start()
    yield pictures
    ended.set()
    thread.join()
    if events.sock is not None:
        events.sock.shutdown(socket.SHUT_RDWR)


def window(camera: tiscam_emu.Camera, pid: int, seconds: float) -> tuple[float, float]:
    """Frames a second, and processor time in milliseconds a frame."""
    before, used, begin = camera.status().frames, cpu_s(pid), time.monotonic()
    time.sleep(seconds)
    frames = max(camera.status().frames - before, 1)
    return frames / (time.monotonic() - begin), 1e3 * (cpu_s(pid) - used) / frames


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="38UX253")
    parser.add_argument("--address", default="127.0.7.1")
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0)
    args = parser.parse_args()
    bench = Bench()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind((args.address, 0))
        with tiscam_emu.serve(args.model, address=args.address) as camera:
            bench.add(NAME, camera, lambda: camera)
            camera["ExposureAuto"], camera["GevSCPSPacketSize"] = "Off", 9000
            camera["ExposureTime"] = 3000
            camera["AcquisitionFrameRate"] = min(args.fps, camera.feature("AcquisitionFrameRate").high or args.fps)
            camera["GevSCDA"] = int.from_bytes(socket.inet_aton(args.address))
            camera["GevSCPHostPort"] = sink.getsockname()[1]
            pid = camera._backend.pid  # type: ignore[attr-defined]
            with serving(bench, "127.0.0.1:0") as url:
                port = int(url.rstrip("/").rpartition(":")[2])
                print("idle", json.dumps(times_ms(port, args.calls)))
                camera.execute("AcquisitionStart")
                time.sleep(2)
                print("streaming", json.dumps(times_ms(port, args.calls)))
                for _ in range(args.rounds):
                    rate, used = window(camera, pid, args.seconds)
                    print(f"alone    {rate:.2f} fps, {used:.2f} ms of processor a frame")
                    with watching(port) as pictures:
                        time.sleep(0.5)
                        rate, used = window(camera, pid, args.seconds)
                        print(f"watched  {rate:.2f} fps, {used:.2f} ms of processor a frame, {len(pictures)} pictures")
                    time.sleep(LINGER_S)
                with watching(port):
                    print("watched", json.dumps(times_ms(port, args.calls)))


if __name__ == "__main__":
    main()
