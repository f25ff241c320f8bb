"""The plan of a house: what stands where, and the label map that follows from it.

The unit is the cell: a picture is 64 cells wide and 64 high, whatever its size in pixels. Edges lie between cells, so
the same plan gives the same label map at 64, 128 and 256 pixels.

The twelve classes and their colours are those of the pix2pix "facades" data set: CMP's classes 1 to 12, in this order,
painted with MATLAB's jet. CMP has no class for a roof or the sky, both are background there; here they have classes
and colours of their own. Background is what is left: pavement, road and the neighbours.
"""

from typing import NamedTuple

import numpy as np

CELLS = 64
PALETTE = {
    "background": (0, 0, 223), "wall": (0, 48, 255), "window": (0, 128, 255), "door": (0, 207, 255),
    "cornice": (32, 255, 223), "sill": (112, 255, 143), "balcony": (191, 255, 64), "blind": (255, 239, 0),
    "deco": (255, 159, 0), "molding": (255, 80, 0), "pillar": (255, 0, 0), "shop": (175, 0, 0),
    "roof": (136, 0, 136), "sky": (221, 238, 255),
}  # fmt: skip
CLASSES = tuple(PALETTE)
COLOURS = np.array(list(PALETTE.values()), dtype=np.uint8)  # (14, 3)
CLASS_OF = {name: i for i, name in enumerate(CLASSES)} | {
    "neighbour": 0, "pavement": 0, "dormer": 2, "roller": 7, "lantern": 8, "chimney": 12,
}  # fmt: skip

HEIGHTS = {2: (14, 17), 3: (11, 15), 4: (9, 12), 5: (8, 10)}  # of a storey, by the number of storeys
ROOFS = {
    2: ("gable", "gable", "hip", "steps", "flat"), 3: ("gable", "hip", "mansard", "steps", "flat"),
    4: ("hip", "mansard", "mansard", "flat", "cropped"), 5: ("mansard", "flat", "cropped"),
}  # fmt: skip


class Part(NamedTuple):
    """One thing in the picture: its kind, and its box in cells, y down.

    With an ``inset`` it is a trapezoid, that many cells narrower on either side at the top than at the bottom.
    """

    kind: str
    x0: int
    y0: int
    x1: int
    y1: int
    inset: int = 0


class Plan(NamedTuple):
    """A house: its parts in the order in which they are painted, and what a caption tells of it.

    ``left, top, right, ground`` is the box of the wall, in cells; ``roof`` is one of the names in ``ROOFS``.
    """

    parts: list[Part]
    left: int
    top: int
    right: int
    ground: int
    storeys: int
    roof: str


class Frame(NamedTuple):
    """The measures from which a house is built up, in cells."""

    left: int
    top: int
    right: int
    ground: int
    storeys: int
    height: int  # of a storey
    roof: str
    pitch: int  # from one column of windows to the next
    wide: int  # a window
    high: int
    gap: int  # from the top of a storey to its windows
    shutter: int  # the width of a shutter, or 0

    def columns(self) -> list[int]:
        """The left edge of each column of windows."""
        count = (self.right - self.left) // self.pitch
        start = self.left + (self.right - self.left - count * self.pitch + self.pitch - self.wide + 1) // 2
        return [start + i * self.pitch for i in range(count)]

    def floor(self, storey: int) -> int:
        """The top edge of a storey, 0 being the ground floor."""
        return self.ground - (storey + 1) * self.height


def draw_plan(rng: np.random.Generator) -> Plan:
    """A house at random."""
    f = draw_frame(rng)
    parts = [Part("sky", 0, 0, CELLS, CELLS), *neighbours(rng, f), *roof(rng, f)]
    parts += [Part("wall", f.left, max(f.top, 0), f.right, f.ground), *gable(rng, f), *bands(rng, f)]
    for storey in range(1, f.storeys):
        parts += upper_floor(rng, f, storey)
    parts += balconies(rng, f) + ground_floor(rng, f)
    parts += [Part("pavement", 0, f.ground, CELLS, CELLS)]
    return Plan(parts, f.left, f.top, f.right, f.ground, f.storeys, f.roof)


def chance(rng: np.random.Generator, probability: float) -> bool:
    """True as often as that."""
    return bool(rng.random() < probability)


def draw_frame(rng: np.random.Generator) -> Frame:
    """The measures of a house at random."""
    storeys = 2 + int(np.searchsorted([0.3, 0.68, 0.9], rng.random()))
    height = int(rng.integers(*HEIGHTS[storeys]))
    roof = ROOFS[storeys][rng.integers(len(ROOFS[storeys]))]
    left, right = (int(rng.integers(3, 9)) if chance(rng, 0.65) else 0 for _ in range(2))
    right, ground = CELLS - right, CELLS - int(rng.integers(5, 8))
    top = 0 if roof == "cropped" else ground - storeys * height - int(rng.integers(0, 2))
    shutter = 2 if chance(rng, 0.4) and storeys < 5 else 0
    gap = int(rng.integers(2, 4)) if height > 9 else 2
    high = height - gap - int(rng.integers(2, 5 if height > 11 else 4))
    wide = int(np.clip(rng.integers(5, 9), 4, max(high, 5)))
    pitch = wide + 2 * shutter + int(rng.integers(3, 6))
    count = max((right - left - 1) // pitch, 2)
    count -= count > 3 and chance(rng, 0.3)
    pitch = (right - left) // count
    return Frame(left, top, right, ground, storeys, height, roof, pitch, wide, high, gap, shutter)


def neighbours(rng: np.random.Generator, f: Frame) -> list[Part]:
    """The houses next door, as far as one sees them."""
    sides = [(0, f.left), (f.right, CELLS)]
    tops = rng.integers(4, 40, size=2)
    shown = rng.random(2) < 0.7
    return [Part("neighbour", *(a, int(y), b, f.ground)) for (a, b), y, s in zip(sides, tops, shown, strict=True) if s]


def roof(rng: np.random.Generator, f: Frame) -> list[Part]:
    """Roof, chimneys and dormers, or nothing where the roof is flat or out of the picture."""
    wide, room = f.right - f.left, f.top - 2
    at = int(rng.integers(f.left + 3, f.right - 6))
    if f.roof in ("flat", "cropped") or room < 4:
        return []
    if f.roof in ("gable", "steps"):
        high = min(room, int(rng.integers(wide // 4, wide // 2)))
        chimney = Part("chimney", at, f.top - high // 2 - 2, at + 3, f.top)
        if f.roof == "steps":
            return [chimney] if chance(rng, 0.5) else []
        return [chimney, Part("roof", f.left - 2, f.top - high - 1, f.right + 2, f.top + 1, wide // 2 + 2)]
    high = min(room, int(rng.integers(6, 11)))
    inset = high if f.roof == "hip" else int(rng.integers(1, 3))
    chimneys = [Part("chimney", at, max(f.top - high - 3, 1), at + 3, f.top)]
    return [*chimneys, Part("roof", f.left - 1, f.top - high, f.right + 1, f.top, inset), *dormers(rng, f, high)]


def dormers(rng: np.random.Generator, f: Frame, high: int) -> list[Part]:
    """Windows in the roof, in every column or every other one."""
    if high < 6 or chance(rng, 0.3):
        return []
    columns, bottom = f.columns()[:: int(rng.integers(1, 3))], f.top - 1
    middle = [x + f.wide // 2 for x in columns]
    inside = [x for x in middle if f.left + high + 1 < x < f.right - high - 1 or f.roof == "mansard"]
    return [Part("dormer", x - 2, bottom - min(high - 2, 6), x + 2, bottom) for x in inside]


def gable(rng: np.random.Generator, f: Frame) -> list[Part]:
    """The part of the wall above the eaves: a triangle or steps, with a window or an ornament."""
    wide, room, middle = f.right - f.left, f.top - 2, (f.left + f.right) // 2
    if f.roof not in ("gable", "steps") or room < 4:
        return []
    if f.roof == "gable":
        high = min(room, wide // 2) - 1
        parts = []
    else:
        count = min(room // 3, 4)
        steps = [(f.top - 3 * i, i * wide // (2 * count + 1)) for i in range(1, count + 1)]
        parts = [Part("wall", f.left + d, y, f.right - d, y + 3) for y, d in steps]
        parts += [Part("molding", f.left + d, y, f.right - d, y + 1) for y, d in steps]
        high = 3 * count
    if high >= 9:
        kind = "window" if chance(rng, 0.6) else "deco"
        parts += [Part(kind, middle - 2, f.top - 5, middle + 2, f.top - 1)]
    return parts


def bands(rng: np.random.Generator, f: Frame) -> list[Part]:
    """Eaves, string courses between the storeys, and pilasters."""
    parts = []
    if f.roof in ("flat", "hip", "mansard") or chance(rng, 0.5):
        over = 1 if f.roof != "cropped" else 0
        parts += [Part("molding", max(f.left - over, 0), f.top, min(f.right + over, CELLS), f.top + 1)]
    first, others = chance(rng, 0.6), chance(rng, 0.3)
    for storey in range(f.storeys - 1):
        if first if storey == 0 else others:
            parts += [Part("molding", f.left, f.floor(storey), f.right, f.floor(storey) + 1)]
    if chance(rng, 0.3) and f.columns()[0] - f.shutter - f.left > 2:
        bottom = f.ground if chance(rng, 0.5) else f.floor(0)
        parts += [Part("pillar", x, f.top + 1, x + 2, bottom) for x in (f.left, f.right - 2)]
    return parts


def upper_floor(rng: np.random.Generator, f: Frame, storey: int) -> list[Part]:
    """One row of windows with what belongs to them."""
    return []


def balconies(rng: np.random.Generator, f: Frame) -> list[Part]:
    return []


def ground_floor(rng: np.random.Generator, f: Frame) -> list[Part]:
    return []
