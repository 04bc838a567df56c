"""The asking side of the last frame: its bytes come over in memory that both processes see."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from tiscam_emu.frame import Frame


def fetched(ask: Callable[..., Any], known: str, width: int) -> Frame | None:
    """The last frame of a camera; None if it is the one of that key.

    Parameters
    ----------
    ask
        Has the camera carry out a request.
    width
        Of a picture that is to be made of it, at most; 0: all of the frame is wanted.

    Raises
    ------
    NoFrame, CameraFailed
        There is none yet, or no camera.
    """
    memory = os.memfd_create("tiscam-emu frame")
    try:
        told = ask("last_frame", f"/proc/{os.getpid()}/fd/{memory}", known, width)
        if told["key"] == known:
            return None
        data = os.pread(memory, told["bytes"], 0)
    finally:
        os.close(memory)
    return Frame.of(told, data)
