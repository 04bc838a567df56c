"""Stream frames to Aravis as the job says, and tell what came.

Job: camera, set_if_there, set, frames (wanted), expect_end (wait for one frame more, which must not come), buffers,
spare (so many frames may be incomplete and are passed over: a test of what is in a picture does without),
save (folder), save_count, triggers, read (features read after the stream), packet_socket, packet_size, multi_part.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aravis_session import PATIENCE_US, Aravis, configure, open_camera, run  # type: ignore[import-not-found]

_SILENCE_US = 700_000


def _described(buffer: Any) -> dict[str, Any]:
    good = buffer.get_status() == Aravis.BufferStatus.SUCCESS
    return {
        "status": buffer.get_status().value_nick,
        "id": buffer.get_frame_id(),
        "timestamp_ns": buffer.get_timestamp(),
        "bytes": len(buffer.get_data()) if good else 0,
        "payload_type": buffer.get_payload_type().value_nick,
        "parts": [
            (buffer.get_part_data_type(number).value_nick, len(buffer.get_part_data(number)))
            for number in range(buffer.get_n_parts() if good else 0)
        ],
        "region": list(buffer.get_image_region()) if good else [],
        "pixel_format": buffer.get_image_pixel_format() if good else 0,
    }


class Session:
    """State: one stream, the frames that came and those kept for saving."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.camera = open_camera(job["camera"])
        self.device = self.camera.get_device()
        self.frames: list[dict[str, Any]] = []
        self.spare = job.get("spare", 0)
        self.kept: list[Any] = []
        configure(self.camera, job)
        if job.get("multi_part", False):
            self.camera.gv_set_multipart(True)
        if not job.get("packet_socket", True):
            self.camera.gv_set_stream_options(Aravis.GvStreamOption.PACKET_SOCKET_DISABLED)
        if "packet_size" in job:
            self.camera.gv_set_packet_size_adjustment(Aravis.GvPacketSizeAdjustment.NEVER)
            self.camera.gv_set_packet_size(job["packet_size"])
        self.stream = self.camera.create_stream(None, None)
        self.payload = self.camera.get_payload()
        for _ in range(job.get("buffers", 10)):
            self.stream.push_buffer(Aravis.Buffer.new_allocate(self.payload))

    def take(self, timeout_us: int) -> bool:
        """Wait for one frame."""
        buffer = self.stream.timeout_pop_buffer(timeout_us)
        if buffer is None:
            return False
        described = _described(buffer)
        if self.spare and described["status"] != "success":
            self.spare -= 1
            self.stream.push_buffer(buffer)
            return True
        self.frames.append(described)
        if len(self.kept) < self.job.get("save_count", 0) and self.frames[-1]["bytes"]:
            self.kept.append(buffer)
            buffer = Aravis.Buffer.new_allocate(self.payload)
        self.stream.push_buffer(buffer)
        return True

    def acquire(self) -> None:
        """Take the frames wanted, one for each trigger if there are triggers, or all for one if that is `once`."""
        self.camera.start_acquisition()
        triggers = self.job.get("triggers", False)
        wanted = len(self.frames) + self.job["frames"]
        if triggers == "once":
            self.camera.software_trigger()
        while len(self.frames) < wanted:
            if triggers is True:
                self.camera.software_trigger()
            if not self.take(PATIENCE_US):
                break
        if self.job.get("expect_end", False):
            self.take(_SILENCE_US)
        self.camera.stop_acquisition()

    def save(self) -> list[str]:
        """Write the kept frames' bytes."""
        paths = []
        for number, buffer in enumerate(self.kept):
            path = Path(self.job["save"], f"{number}.raw")
            path.write_bytes(buffer.get_data())
            paths.append(str(path))
        return paths

    def counters(self) -> dict[str, int]:
        """Aravis' own counters of the stream."""
        names = [self.stream.get_info_name(index) for index in range(self.stream.get_n_infos())]
        return {name: self.stream.get_info_uint64_by_name(name) for name in names if name.startswith("n_")}


def work(job: dict[str, Any]) -> dict[str, Any]:
    """Stream once for every acquisition of the job on one open channel."""
    session = Session(job)
    for _ in range(job.get("acquisitions", 1)):
        session.acquire()
    read = {}
    for name in job.get("read", []):
        value = session.device.get_feature(name).get_value_as_string()
        read[name] = value
    answer = {
        "frames": session.frames,
        "saved": session.save(),
        "counters": session.counters(),
        "payload": session.payload,
        "packet_size": session.camera.gv_get_packet_size(),
        "read": read,
    }
    session.device.leave_control()
    return answer


if __name__ == "__main__":
    run(work)
