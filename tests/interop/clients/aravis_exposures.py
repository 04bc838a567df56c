"""Stream a few frames at each of several exposure times to Aravis and keep their bytes.

Job: camera, set_if_there, set, exposures (pairs of microseconds and frames), save (file to write the images to, one
after the other).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aravis_session import Aravis, configure, open_camera, run  # type: ignore[import-not-found]

_BUFFERS = 8
_PACKET_SIZE = 8000
_PACKET_DELAY_NS = 300_000
_ATTEMPTS = 20
_PATIENCE_US = 10_000_000


def _acquired(camera: Any, stream: Any, count: int, timeout_us: int) -> list[bytes]:
    """The complete frames of one acquisition of `count`; late ones of an earlier acquisition are passed over."""
    images: list[bytes] = []
    device = camera.get_device()
    device.execute_command("TimestampLatch")
    begin_ns = device.get_integer_feature_value("TimestampLatchValue")
    device.set_integer_feature_value("AcquisitionFrameCount", count)
    camera.start_acquisition()
    ended = 0
    while ended < count:
        buffer = stream.timeout_pop_buffer(timeout_us)
        if buffer is None:
            break
        if buffer.get_timestamp() >= begin_ns:
            ended += 1
            if buffer.get_status() == Aravis.BufferStatus.SUCCESS:
                images.append(buffer.get_data())
        stream.push_buffer(buffer)
    camera.stop_acquisition()
    return images


def _frames(camera: Any, stream: Any, count: int, timeout_us: int) -> list[bytes]:
    """As many complete frames; those that a busy computer loses are taken again."""
    images: list[bytes] = []
    for _ in range(_ATTEMPTS):
        images += _acquired(camera, stream, count - len(images), timeout_us)
        if len(images) == count:
            return images
    raise SystemExit(f"{len(images)} of {count} frames complete after {_ATTEMPTS} attempts")


def work(job: dict[str, Any]) -> dict[str, Any]:
    """Take the frames and read what they were taken with."""
    camera = open_camera(job["camera"])
    device = camera.get_device()
    configure(camera, job)
    device.set_string_feature_value("AcquisitionMode", "MultiFrame")
    camera.gv_set_packet_size(_PACKET_SIZE)
    # Until its filter is set, a packet socket takes frames of the cameras beside this one for its own.
    camera.gv_set_stream_options(Aravis.GvStreamOption.PACKET_SOCKET_DISABLED)
    camera.gv_set_packet_delay(_PACKET_DELAY_NS)  # its pixels are wanted, not its speed
    stream = camera.create_stream(None, None)
    for _ in range(_BUFFERS):
        stream.push_buffer(Aravis.Buffer.new_allocate(camera.get_payload()))
    exposures_us = []
    with Path(job["save"]).open("wb") as file:
        for exposure_us, count in job["exposures"]:
            device.set_float_feature_value("ExposureTime", exposure_us)
            exposures_us.append(device.get_float_feature_value("ExposureTime"))
            for image in _frames(camera, stream, count, _PATIENCE_US + int(2 * exposure_us)):
                file.write(image)
    temperature_c = device.get_float_feature_value("DeviceTemperature")
    answer = {"exposures_us": exposures_us, "temperature_c": temperature_c}
    device.leave_control()
    return answer


if __name__ == "__main__":
    run(work)
