"""Which scene a frame sees while scenes are changed: every frame exactly one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from tiscam_emu.sensor.canvas import Canvas
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.request import FrameRequest


class SceneSwitch:
    """State: the renderer in use and those that later frames will see; an `ImageSource` of the pipeline.

    A renderer is put in by `look_at` from any thread; all else belongs to the stream's thread. Frames come in the order
    of their ids, so that a renderer whose last frame is over is let go.
    """

    def __init__(self, renderer: Renderer) -> None:
        self._current = renderer
        self._coming: deque[Renderer] = deque()

    def look_at(self, renderer: Renderer, first_frame_id: int) -> None:
        """Have all frames from `first_frame_id` on see another scene; those before still see theirs."""
        renderer.first_frame_id = first_frame_id
        self._coming.append(renderer)

    @property
    def quick(self) -> bool:
        """See `Renderer.quick`, of all scenes that the next frame may see."""
        return self._current.quick and all(renderer.quick for renderer in self._coming)

    def aside(self) -> Renderer:
        """Something that renders the scene of the last frame beside the frames."""
        return self._current.aside()

    def draw(self, request: FrameRequest, canvas: Canvas) -> Iterator[None]:
        """Draw a frame of the scene it saw, see `Renderer.draw`."""
        while self._coming and self._coming[0].first_frame_id <= request.frame_id:
            self._current = self._coming.popleft()
        return self._current.draw(request, canvas)

    def prepare(self, request: FrameRequest) -> Iterator[None]:
        """Compute ahead what frames like this one share."""
        return self._current.prepare(request)
