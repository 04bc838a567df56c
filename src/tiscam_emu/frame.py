"""A frame as it was sent, to be looked at by who holds the camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


FRAME_NUMBERS = ("width", "height", "frame_id", "block_id", "timestamp_ns")


@dataclass(frozen=True, slots=True)
class Frame:
    """The last frame that a camera has made, as the client gets it.

    Attributes
    ----------
    pixel_format
        Its name in the Pixel Format Naming Convention.
    frame_id
        Exposures since power-up, the first being 0; as in the stamp.
    block_id
        The stream's own count, as in the headers of GVSP; 0 if the frame has not left yet.
    timestamp_ns
        Device time at which the exposure began, as in the leader.
    data
        The image data as transmitted; all of them if `every` is 1.
    key
        Equal for equal frames alone.
    step, every
        What `image` takes: one pixel of so many, and one line of so many that is in `data`, of a mosaic one pair of
        lines.
    """

    pixel_format: str
    width: int
    height: int
    frame_id: int
    block_id: int
    timestamp_ns: int
    data: bytes
    key: str = ""
    step: int = 1
    every: int = 1

    @classmethod
    def of(cls, told: dict[str, Any], data: bytes) -> Frame:
        """From plain data."""
        return cls(data=data, **{key: value for key, value in told.items() if key != "bytes"})

    def image(self) -> NDArray[np.uint8]:
        """The frame for the eye: (height, width, 3) red, green, blue, or (height, width) grey."""
        from tiscam_emu.pixel_formats import PIXEL_FORMATS  # noqa: PLC0415 - as below
        from tiscam_emu.sensor.develop import developed  # noqa: PLC0415 - slow to load, and not for who holds alone

        row = PIXEL_FORMATS[self.pixel_format]
        return developed(row, self.width, self.height, self.data, step=self.step, every=self.every)
