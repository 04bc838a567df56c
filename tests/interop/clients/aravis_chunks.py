"""Take frames with chunks and tell what Aravis' chunk parser reads in each of them.

Job: camera, set_if_there, set, chunks (names to switch on), changes (a setting before each frame), read (float chunks),
read_whole (integer chunks).
"""

from __future__ import annotations

from typing import Any

from aravis_session import PATIENCE_US, Aravis, configure, open_camera, run  # type: ignore[import-not-found]


def work(job: dict[str, Any]) -> dict[str, Any]:
    """One triggered frame for every change."""
    camera = open_camera(job["camera"])
    configure(camera, job)
    camera.set_chunks(",".join(job["chunks"]))
    parser = camera.create_chunk_parser()
    stream = camera.create_stream(None, None)
    for _ in range(5):
        stream.push_buffer(Aravis.Buffer.new_allocate(camera.get_payload()))
    camera.start_acquisition()
    frames = []
    for name, value in job["changes"]:
        camera.get_device().set_features_from_string(f"{name}={value}")
        camera.software_trigger()
        buffer = stream.timeout_pop_buffer(PATIENCE_US)
        if buffer is None or buffer.get_status() != Aravis.BufferStatus.SUCCESS:
            break
        values = [parser.get_float_value(buffer, chunk) for chunk in job.get("read", ())]
        values += [parser.get_integer_value(buffer, chunk) for chunk in job.get("read_whole", ())]
        frames.append(values)
        stream.push_buffer(buffer)
    camera.stop_acquisition()
    return {"frames": frames}


if __name__ == "__main__":
    run(work)
