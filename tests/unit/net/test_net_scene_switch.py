from __future__ import annotations

import numpy as np

from tiscam_emu.net.scene_switch import SceneSwitch
from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.canvas import ArrayCanvas
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.request import FrameRequest, Region
from tiscam_emu.sensor.scenes.scene import load_scene

WIDTH, HEIGHT = 64, 48
SENSOR = SensorModel(WIDTH, HEIGHT, 3.45, color=False, full_well_e=10500, read_noise_e=2.3)


def request(frame_id: int) -> FrameRequest:
    return FrameRequest(frame_id, 0, 5000.0, 0.0, 240.0, PIXEL_FORMATS["Mono8"], Region(WIDTH, HEIGHT))


def looking_at(radiance: float) -> Renderer:
    return Renderer(SENSOR, load_scene(np.full((HEIGHT, WIDTH), radiance, np.float32)))


def seen(switch: SceneSwitch, frame_id: int) -> float:
    """Radiance of the scene in a frame, to a tenth: white is 0.97 of the scale above black."""
    out = np.empty(WIDTH * HEIGHT, np.uint8)
    for _ in switch.draw(request(frame_id), ArrayCanvas(out)):
        pass
    levels = (out.astype(float) * 16 - 240) / (0.97 * 3855)
    assert levels.std() < 0.03  # noise alone: one scene fills the frame
    return round(float(levels.mean()), 1)


def test_frames_that_opened_before_the_change_see_the_old_scene_though_rendered_later() -> None:
    switch = SceneSwitch(looking_at(0.2))
    assert seen(switch, 7) == 0.2
    switch.look_at(looking_at(0.6), first_frame_id=10)
    assert [seen(switch, frame_id) for frame_id in (8, 9, 10, 11)] == [0.2, 0.2, 0.6, 0.6]


def test_changes_that_no_frame_came_between_leave_the_last_one() -> None:
    switch = SceneSwitch(looking_at(0.2))
    for radiance in (0.4, 0.6, 0.8):
        switch.look_at(looking_at(radiance), first_frame_id=3)
    assert [seen(switch, frame_id) for frame_id in (2, 3)] == [0.2, 0.8]


def test_several_changes_wait_for_their_frames() -> None:
    switch = SceneSwitch(looking_at(0.2))
    switch.look_at(looking_at(0.4), first_frame_id=2)
    switch.look_at(looking_at(0.6), first_frame_id=4)
    assert [seen(switch, frame_id) for frame_id in range(6)] == [0.2, 0.2, 0.4, 0.4, 0.6, 0.6]


def test_a_new_scene_counts_its_frames_from_its_first() -> None:
    switch = SceneSwitch(looking_at(0.2))
    renderer = looking_at(0.4)
    switch.look_at(renderer, first_frame_id=100)
    assert renderer.first_frame_id == 100


def test_preparing_takes_the_scene_of_the_next_frame() -> None:
    switch = SceneSwitch(looking_at(0.2))
    list(switch.prepare(request(0)))
    assert seen(switch, 0) == 0.2
