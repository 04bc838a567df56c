"""What cameras have in common and need not each make for itself: modules, noise, a model with its description, a scene.

Done by the process that cameras are forked from, see `net.forking`. Whatever is kept by a cache here is there for all.
"""

from __future__ import annotations

import importlib

MODULES = (
    "PIL.ImageFile",
    "tiscam_emu.native",
    "tiscam_emu.net.requests",
    "tiscam_emu.net.runner",
    "tiscam_emu.net.worker",
)
"""With what these import they are all that a camera needs before its first frames."""


def prepare(model: str, scene: str) -> None:
    """Import and make ahead what cameras like this one need between their start and their first frames.

    Parameters
    ----------
    model, scene
        What the first camera was given. Nothing that lies in a file is made ahead, for files change.
    """
    for name in MODULES:
        importlib.import_module(name)
    # Imported here: only the process that cameras are forked from needs all this.
    from tiscam_emu.camera.core import Camera, frame_request, load  # noqa: PLC0415
    from tiscam_emu.sensor.fast.noise_pool import white_pool  # noqa: PLC0415
    from tiscam_emu.sensor.render import Renderer  # noqa: PLC0415
    from tiscam_emu.sensor.scenes.scene import SCENES  # noqa: PLC0415
    from tiscam_emu.spec.catalog import is_file  # noqa: PLC0415

    white_pool()
    if is_file(model):
        return
    camera = Camera(load(model))
    renderer = Renderer(camera.model.sensor, SCENES.get(scene, SCENES["flat"]))
    for _ in renderer.prepare(frame_request(camera.state, 0, 0)):
        pass
