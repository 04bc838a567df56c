"""List the cameras that Aravis finds, or ask one address for its formats."""

from __future__ import annotations

from typing import Any

from aravis_session import Aravis, open_camera, run  # type: ignore[import-not-found]


def _listing(index: int) -> dict[str, str]:
    return {
        "id": Aravis.get_device_id(index),
        "physical_id": Aravis.get_device_physical_id(index),
        "vendor": Aravis.get_device_vendor(index),
        "model": Aravis.get_device_model(index),
        "serial": Aravis.get_device_serial_nbr(index),
        "address": Aravis.get_device_address(index),
    }


def _opened(name: str) -> dict[str, Any]:
    camera = open_camera(name)
    device = camera.get_device()
    found = {
        "model": camera.get_model_name(),
        "serial": camera.get_device_serial_number(),
        "formats": list(camera.dup_available_pixel_formats_as_strings()),
        "width_bounds": list(camera.get_width_bounds()),
        "height_bounds": list(camera.get_height_bounds()),
        "user_name": device.get_string_feature_value("DeviceUserID"),
    }
    device.leave_control()
    return found


def work(job: dict[str, Any]) -> dict[str, Any]:
    """The list if the job says so, and what the cameras opened by `names` tell."""
    answer: dict[str, Any] = {"opened": {name: _opened(name) for name in job.get("names", [])}}
    if job.get("list", False):
        Aravis.update_device_list()
        answer["devices"] = [_listing(index) for index in range(Aravis.get_n_devices())]
    return answer


if __name__ == "__main__":
    run(work)
