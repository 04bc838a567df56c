"""Stream until stdin ends: a JSON line for every frame, and answers to what stdin asks.

Job: ``camera``, and what `configure` takes. Stdin: names of features, one a line; each is answered with its value.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from aravis_session import Aravis, configure, open_camera, run  # type: ignore[import-not-found]


def say(**told: Any) -> None:
    print(json.dumps(told), flush=True)  # noqa: T201


def watch(job: dict[str, Any]) -> dict[str, Any]:
    camera = open_camera(job["camera"])
    camera.gv_set_packet_size(1500)
    configure(camera, job)
    stream = camera.create_stream(None, None)
    for _ in range(8):
        stream.push_buffer(Aravis.Buffer.new_allocate(camera.get_payload()))
    camera.start_acquisition()
    say(ready=True)
    ended = threading.Event()

    def receive() -> None:
        while not ended.is_set():
            buffer = stream.timeout_pop_buffer(100_000)
            if buffer is None:
                continue
            if buffer.get_status() == Aravis.BufferStatus.SUCCESS:
                say(frame=bytes(buffer.get_data()[:40]).hex(), timestamp_ns=buffer.get_timestamp())
            stream.push_buffer(buffer)

    thread = threading.Thread(target=receive)
    thread.start()
    for line in sys.stdin:
        say(name=line.strip(), value=camera.get_device().get_float_feature_value(line.strip()))
    ended.set()
    thread.join()
    camera.stop_acquisition()
    return {"ended": True}


if __name__ == "__main__":
    run(watch)
