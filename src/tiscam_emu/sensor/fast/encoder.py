"""The moments of a frame's components, part by part: of the still scene, and where something moves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tiscam_emu.sensor.fast.fixed_point import SIGMA, Fixed, FixedPoint, Sigma
from tiscam_emu.sensor.fast.moments import Block, moments
from tiscam_emu.sensor.fast.recipe import largest_sigma_dn, linear_sigma_dn, recipe_of
from tiscam_emu.sensor.geometry import Window
from tiscam_emu.sensor.isp import chain as isp
from tiscam_emu.sensor.optics.light import Light
from tiscam_emu.sensor.optics.projection import LightCodes
from tiscam_emu.sensor.pack import COMPONENT_ORDER
from tiscam_emu.sensor.scenes.picture import MovingPatch
from tiscam_emu.sensor.settings import FrameSettings

_OPAQUE_DN = 4080  # 255 of 8 bits
_HALO_ROWS = 2  # of the mosaic that demosaicing needs, an even number

Moments = tuple[Fixed, Sigma]
"""Mean and sigma of components, (lines, components of a line)."""


class Encoder:
    """Makes moments of light, for one frame's settings.

    Attributes
    ----------
    components_per_line
        Of the frame.
    """

    def __init__(self, light: Light, settings: FrameSettings) -> None:
        self._light, self._settings = light, settings
        self.fixed_point = FixedPoint.for_sigma(largest_sigma_dn(settings))
        self._recipe, self._table = recipe_of(settings, self.fixed_point, linear_sigma_dn(settings))
        self._spared_e2 = self.fixed_point.dither_variance_dn2 / settings.readout.dn_per_electron**2
        self._height, self._width = light.geometry.shape
        self.components_per_line = self._components(self._width)

    def part(self, window: Window) -> tuple[slice, slice]:
        """Where the components of a window lie in the frame's moments."""
        columns = slice(self._components(window.left), self._components(window.right))
        return slice(window.top, window.bottom), columns

    def encode_rows(self, top: int, bottom: int, mean: Fixed, sigma: Sigma) -> None:
        """Write the moments of whole lines, the first being an even one; their light has to be there."""
        window = Window(top, bottom, 0, self._width)
        outer = self._with_surroundings(window)
        self._encode(self._block(window, outer, self._light.codes, outer.top), mean[top:bottom], sigma[top:bottom])

    def rows_seen_to(self, bottom: int) -> int:
        """How many of the frame's rows of light the lines before `bottom` need."""
        return self._with_surroundings(Window(0, bottom, 0, self._width)).bottom

    def encode_moving(self, window: Window, moving: Sequence[MovingPatch]) -> Moments:
        """The moments of a window with what is `moving` over the still scene."""
        outer = self._with_surroundings(window)
        codes = self._light.patched_codes(outer, [(patch.window, patch.radiance()) for patch in moving])
        rows, columns = self.part(window)
        shape = rows.stop - rows.start, columns.stop - columns.start
        made = np.empty(shape, np.int16), np.empty(shape, SIGMA)
        self._encode(self._block(window, outer, codes, 0), *made)
        return made

    def seeing(self, patch: Window) -> Window:
        """The pixels whose components depend on a patch of the scene."""
        margin = isp.HALO if self._settings.demosaics else 0
        return self._light.seeing(patch, margin, align=4)

    def _with_surroundings(self, window: Window) -> Window:
        if not self._settings.demosaics:
            return window
        return window.grow(_HALO_ROWS, isp.HALO).intersect(Window(0, self._height, 0, self._width))

    def _block(self, window: Window, outer: Window, codes: LightCodes, first: int) -> Block:
        offsets_e = np.ascontiguousarray(self._light.offsets_e(outer, self._settings.dark_e, self._spared_e2))
        rows, columns = window.inside(outer)
        inner = Window(rows.start, rows.stop, columns.start, columns.stop)
        return Block(codes, first, offsets_e, inner, (window.top, window.left))

    def _encode(self, block: Block, mean: Fixed, sigma: Sigma) -> None:
        moments(self._recipe, self._table, block, mean, sigma)
        self._make_opaque(mean, sigma)

    def _make_opaque(self, mean: Fixed, sigma: Sigma) -> None:
        order = COMPONENT_ORDER.get(self._settings.pixel_format.packing, ())
        if "a" in order:
            at = np.s_[:, order.index("a") :: len(order)]
            mean[at], sigma[at] = (_OPAQUE_DN + 8) << self.fixed_point.fraction, 0

    def _components(self, pixels: int) -> int:
        """Components of that many pixels of a line."""
        if self._settings.output in {"raw", "luma"}:
            return pixels
        return self._settings.pixel_format.line_bytes(pixels)
