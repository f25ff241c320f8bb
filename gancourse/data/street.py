"""A street of houses without end: label maps in the manner of CMP Facades, and photo-like pictures of the same houses.

A house is drawn in three steps::

    (seed, index) -> plan: what stands where -> label map
                     plan + style            -> picture by day, at dusk or in the snow

The plan (``street_plan``) is all that the label map shows. The style (``street_style``: colours, masonry, the kind of
window, the light) is drawn apart from it, so it cannot be read off the label map: one input has many right answers.
``street_paint`` makes a picture of the two.
"""

import operator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gancourse.data.street_paint import LIGHTS, paint
from gancourse.data.street_plan import CLASSES, COLOURS, Plan, draw_mask, draw_plan
from gancourse.data.street_style import COMBINATIONS, TEXTURES, WALLS, Style, draw_style

PARTS = {"train": 0, "judge": 2**61, "test": 2**62}  # where each part's houses begin among all of a seed's
COUNT = 2**61  # a part has that many
DRAWN_INSIDE = ("window", "door", "balcony", "blind", "shop", "deco")  # where the edge view shows more than outlines
INNER = np.isin(CLASSES, DRAWN_INSIDE)
STYLE = (
    "wall_r", "wall_g", "wall_b", "wall", "texture", "window", "frame_r", "frame_g", "frame_b", "trim_r", "trim_g",
    "trim_b", "roof_r", "roof_g", "roof_b", "door_r", "door_g", "door_b", "shutter_r", "shutter_g", "shutter_b",
    "awning_r", "awning_g", "awning_b", "sky", "side", "sunny",
)  # fmt: skip


class House(NamedTuple):
    """One house, or a batch of n with a leading dimension n.

    Attributes:
        photo: uint8 (3, size, size).
        labels: the label map in CMP's colours, uint8 (3, size, size).
        mask: the label map as classes, int64 (size, size), counting along ``CLASSES``.
        edges: black lines on white, uint8 (1, size, size): outlines of the parts, bars of windows, panels of doors.
        lit: where lamps shine at dusk, bool (size, size); in every light the same. For judges.
        style: the hidden truth, float32 (k,), its columns named by ``STYLE``. For judges, never for players: colours
            in [0, 1]; wall, texture, window and sky count along ``WALLS``, ``TEXTURES``, ``WINDOWS`` and ``SKIES`` of
            ``street_style``; side is -1 for a sun on the left by day and 1 for the right; sunny runs from 0 to 1.
    """

    photo: Tensor
    labels: Tensor
    mask: Tensor
    edges: Tensor
    lit: Tensor
    style: Tensor


class Street:
    """Endless pairs of a label map and a picture of a house, each house known by its number.

    House i depends on (seed, part, i) alone, to the bit, in whatever batch it is asked for; it is the same house at
    every size and in every light. The parts have no house in common, and no style either: each combination of wall
    colour, texture and kind of window belongs to one part.

    Args:
        seed: of the whole street.
        size: of the square pictures, pixels, at least 32. Multiples of 64 are crispest.
        part: "train", "judge" or "test".

    Raises:
        ValueError: a size below 32, or another part.
    """

    def __init__(self, seed: int = 0, size: int = 64, part: str = "train"):
        if size < 32:
            raise ValueError(f"size {size}: a house cannot be read on fewer than 32 pixels, so choose 32 or more")
        if part not in PARTS:
            raise ValueError(f"part {part!r}: choose one of {', '.join(PARTS)}")
        self.seed, self.size, self.part = seed, size, part

    def __getitem__(self, index: int) -> House:
        """House ``index`` by day. ValueError if the index is out of range."""
        return House(*(field[0] for field in self.batch([operator.index(index)])))

    def batch(self, indices: Tensor | range | list[int], light: str = "day", style_seed: int | None = None) -> House:
        """These houses by "day", at "dusk", in the "snow", or at dusk with every lamp out ("dark").

        Args:
            indices: whole numbers (n,) from 0 to 2^61 - 1.
            light: the label map is the same in each. At dusk the sun stands on the other side and lamps shine; snow
                lies on all that is flat, and hides what is under it.
            style_seed: another seed for the styles alone: the same label maps in other pictures.

        Raises:
            ValueError: an index out of range, or another light.
        """
        indices = indices.tolist() if isinstance(indices, Tensor) else indices
        if light not in LIGHTS:
            raise ValueError(f"light {light!r}: choose one of {', '.join(LIGHTS)}")
        return self._draw([operator.index(i) for i in indices], light, style_seed)

    def caption(self, index: int) -> str:
        """The house in words, like "a three-storey red brick house with green shutters and a shop"."""
        return describe(self.plan(index), self.style(index))

    def plan(self, index: int) -> Plan:
        """What stands where."""
        return draw_plan(self._rng(self.seed, index, 0))

    def style(self, index: int, style_seed: int | None = None) -> Style:
        """The hidden style, for judges."""
        rng = self._rng(self.seed if style_seed is None else style_seed, index, 1)
        return draw_style(rng, COMBINATIONS[self.part])

    def _rng(self, seed: int, index: int, stream: int) -> np.random.Generator:
        if not 0 <= index < COUNT:
            raise ValueError(f"index {index}: houses are counted from 0 upwards, to 2^61 - 1")
        number = np.array([seed % 2**64, PARTS[self.part] + index, stream], dtype=np.uint64)
        return np.random.default_rng(number.view(np.uint32))

    def _draw(self, indices: list[int], light: str, style_seed: int | None) -> House:
        """A batch, house by house."""
        n, s = len(indices), self.size
        photo, mask = np.empty((n, 3, s, s), dtype=np.uint8), np.empty((n, s, s), dtype=np.uint8)
        edges, lit = np.empty((n, 1, s, s), dtype=np.uint8), np.empty((n, s, s), dtype=bool)
        truth = np.empty((n, len(STYLE)), dtype=np.float32)
        for i, index in enumerate(indices):
            plan, style = self.plan(index), self.style(index, style_seed)
            mask[i] = draw_mask(plan, s)
            photo[i], lit[i], drawing = paint(plan, style, s, light)
            edges[i, 0] = draw_edges(mask[i], drawing)
            truth[i] = tell(style)
        labels = COLOURS[mask].transpose(0, 3, 1, 2)
        fields = (photo, np.ascontiguousarray(labels), mask.astype(np.int64), edges, lit, truth)
        return House(*map(torch.from_numpy, fields))


def draw_edges(mask: np.ndarray, drawing: np.ndarray) -> np.ndarray:
    """Black lines on white, uint8 (size, size): outlines of the mask, and in some classes steps of the drawing."""
    return np.where(steps(mask, drawing) | steps(mask.T, drawing.T).T, np.uint8(0), np.uint8(255))


def steps(mask: np.ndarray, drawing: np.ndarray) -> np.ndarray:
    """Where a row differs from the one above it: bool (size, size)."""
    step = np.zeros(mask.shape, dtype=bool)
    contrast = abs(np.diff(drawing, axis=0)) / (drawing[1:] + drawing[:-1] + 0.01)
    step[1:] = INNER[mask[1:]] & (contrast > 0.11 * max(1, 128 / len(mask)))  # small pictures show less
    step[1:] |= mask[1:] != mask[:-1]
    return step


def tell(style: Style) -> np.ndarray:
    """A style as numbers, in the order of ``STYLE``: float32 (k,)."""
    colours = (style.frame, style.trim, style.roof, style.door, style.shutter, style.awning)
    parts = [style.wall, style.combination, *colours, (style.sky, style.side, style.sunny)]
    return np.concatenate([np.ravel(p) for p in parts]).astype(np.float32)


def describe(plan: Plan, style: Style) -> str:
    """A house in words."""
    kinds = {part.kind for part in plan.parts}
    colour, texture = list(WALLS)[style.combination[0]], TEXTURES[style.combination[1]]
    number = {2: "two", 3: "three", 4: "four", 5: "five"}[plan.storeys]
    extras = [f"{style.shutter_name} shutters"] * ("blind" in kinds) + ["balconies"] * ("balcony" in kinds)
    extras += ["a stepped gable" if plan.roof == "steps" else f"a {plan.roof} roof"] * (plan.roof != "cropped")
    extras += ["a shop"] * ("shop" in kinds)
    words = f"a {number}-storey {colour} {texture} house"
    if not extras:
        return words
    return f"{words} with {' and '.join([', '.join(extras[:-1])] * (len(extras) > 1) + extras[-1:])}"
