"""The plan of a house: what stands where, and the label map that follows from it.

The unit is the cell: a picture is 64 cells wide and 64 high, whatever its size in pixels. Edges lie between cells, so
the same plan gives the same label map at 64, 128 and 256 pixels.

The twelve classes and their colours are those of the pix2pix "facades" data set: CMP's classes 1 to 12, in this order,
painted with MATLAB's jet. CMP has no class for a roof or the sky, both are background there; here they have classes
and colours of their own. Background is what is left: pavement, road and the neighbours.
"""

from types import EllipsisType
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

HEIGHTS = {2: (14, 18), 3: (11, 15), 4: (9, 12), 5: (8, 10)}  # of a storey, by the number of storeys
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
    """The measures from which a house is built up, in cells, and its habits."""

    left: int
    top: int
    right: int
    ground: int
    storeys: int
    height: int  # of a storey
    roof: str
    rise: int  # of the roof, or of what stands in its place
    pitch: int  # from one column of windows to the next
    wide: int  # a window
    high: int
    gap: int  # from the top of a storey to its windows
    shutter: int  # the width of a shutter, or 0
    hood: int  # the height of the cornice over a window, or 0
    sills: bool
    panels: bool  # ornaments under the windows
    rollers: float  # how often a roller blind is half down

    def columns(self) -> list[int]:
        """The left edge of each column of windows."""
        count = (self.right - self.left) // self.pitch
        start = self.left + (self.right - self.left - count * self.pitch + self.pitch - self.wide + 1) // 2
        return [start + i * self.pitch for i in range(count)]

    def floor(self, storey: int) -> int:
        """The top edge of a storey; 0 is the ground floor."""
        return self.ground - (storey + 1) * self.height


def draw_plan(rng: np.random.Generator) -> Plan:
    """A house at random."""
    f = draw_frame(rng)
    parts = [Part("sky", 0, 0, CELLS, CELLS), Part("pavement", 0, f.ground, CELLS, CELLS)]
    parts += [*neighbours(rng, f), *roof(rng, f)]
    parts += [Part("wall", f.left, f.top, f.right, f.ground), *gable(rng, f), *bands(rng, f)]
    for storey in range(1, f.storeys):
        parts += row(rng, f, storey, f.columns())
    parts += balconies(rng, f) + ground_floor(rng, f)
    return Plan(parts, f.left, f.top, f.right, f.ground, f.storeys, f.roof)


def chance(rng: np.random.Generator, probability: float) -> bool:
    """True as often as that."""
    return bool(rng.random() < probability)


def between(rng: np.random.Generator, low: int, high: int) -> int:
    """A whole number from low to high, both among them."""
    return int(rng.integers(low, high + 1))


def draw_frame(rng: np.random.Generator) -> Frame:
    """The measures of a house at random."""
    wall = draw_wall(rng)
    windows = draw_windows(rng, wall["storeys"], wall["height"], wall["right"] - wall["left"])
    return Frame(**wall, **windows)


def draw_wall(rng: np.random.Generator) -> dict:
    """The wall and the roof at random: the first fields of a frame."""
    storeys = 2 + int(np.searchsorted([0.3, 0.68, 0.9], rng.random()))
    roof, height = ROOFS[storeys][rng.integers(len(ROOFS[storeys]))], between(rng, *HEIGHTS[storeys])
    ground = CELLS - between(rng, 5, 7)
    left, right = (between(rng, 3, 9) * chance(rng, 0.65) for _ in range(2))
    top = ground - storeys * height - between(rng, 0, 1)
    rise = min(top - 2, between(rng, 9, 20) if roof in ("gable", "steps") else between(rng, 6, 11))
    if roof == "cropped":
        top, height = 0, ground // storeys
    elif rise < 5:
        roof = "flat"
    rise *= roof not in ("flat", "cropped")
    return {
        "left": left, "top": top, "right": CELLS - right, "ground": ground,
        "storeys": storeys, "height": height, "roof": roof, "rise": rise,
    }  # fmt: skip


def draw_windows(rng: np.random.Generator, storeys: int, height: int, room: int) -> dict:
    """The windows at random, in storeys of that height on a wall ``room`` cells wide: the other fields of a frame."""
    gap = between(rng, 2, 3) if height > 9 else 2
    high = height - gap - between(rng, 2, 4 if height > 11 else 3)
    wide = int(np.clip(between(rng, 5, 8), 4, max(high, 5)))
    shutter = 2 if chance(rng, 0.4) and storeys < 5 else 0
    count = max((room - 1) // (wide + 2 * shutter + between(rng, 3, 5)), 2)
    count -= count > 3 and chance(rng, 0.3)
    hood = min(int(np.searchsorted([0.55, 0.85], rng.random())), gap - 1)
    return {
        "pitch": room // count, "wide": wide, "high": high, "gap": gap, "shutter": shutter, "hood": hood,
        "sills": chance(rng, 0.75), "panels": chance(rng, 0.25), "rollers": 0.3 * chance(rng, 0.25),
    }  # fmt: skip


def neighbours(rng: np.random.Generator, f: Frame) -> list[Part]:
    """The houses next door, as far as one sees them."""
    sides = [(0, f.left), (f.right, CELLS)]
    tops = [between(rng, 4, 40), between(rng, 4, 40)]
    return [
        Part("neighbour", x0, y, x1, f.ground)
        for (x0, x1), y in zip(sides, tops, strict=True)
        if x0 < x1 and chance(rng, 0.7)
    ]


def roof(rng: np.random.Generator, f: Frame) -> list[Part]:
    """Roof, chimneys and dormers, or nothing where the roof is flat or out of the picture."""
    at = [between(rng, f.left + 4, f.right - 8) for _ in range(between(rng, 0, 2))]
    if f.roof in ("flat", "cropped"):
        return []
    chimneys = [Part("chimney", x, max(f.top - f.rise - 2, 1), x + 3, f.top) for x in at]
    if f.roof == "steps":
        return chimneys[:1]
    if f.roof == "gable":
        half = (f.right - f.left) // 2
        return [*chimneys, Part("roof", f.left - 2, f.top - f.rise - 1, f.right + 2, f.top + 1, half + 2)]
    inset = f.rise if f.roof == "hip" else between(rng, 1, 3)
    whole = Part("roof", f.left - 1, f.top - f.rise, f.right + 1, f.top, inset)
    return [*chimneys, whole, *dormers(rng, f, inset)]


def dormers(rng: np.random.Generator, f: Frame, inset: int) -> list[Part]:
    """Windows in the roof, in every column or every other one."""
    columns = f.columns()[between(rng, 0, 1) :: between(rng, 1, 2)]
    if f.rise < 6 or chance(rng, 0.3):
        return []
    middles = [x + f.wide // 2 for x in columns]
    middles = [x for x in middles if f.left + inset + 2 < x < f.right - inset - 2]
    high = min(f.rise - 2, 6)
    return [Part("dormer", x - 2, f.top - 1 - high, x + 2, f.top - 1) for x in middles]


def gable(rng: np.random.Generator, f: Frame) -> list[Part]:
    """The wall above the eaves: a triangle or steps, with a window or an ornament in it."""
    wide, middle = f.right - f.left, (f.left + f.right) // 2
    if f.roof == "gable":
        parts = [Part("wall", f.left, f.top - f.rise + 1, f.right, f.top, wide // 2)]
    elif f.roof == "steps":
        count = min(f.rise // 3, 4)
        steps = [(f.top - 3 * i, i * wide // (2 * count + 2)) for i in range(1, count + 1)]
        parts = [Part("wall", f.left + d, y, f.right - d, y + 3) for y, d in steps]
        parts += [Part("molding", f.left + d, y, f.right - d, y + 1) for y, d in steps]
    else:
        return []
    if f.rise >= 9:
        parts += [Part("window" if chance(rng, 0.6) else "deco", middle - 2, f.top - 5, middle + 2, f.top - 1)]
    return parts


def bands(rng: np.random.Generator, f: Frame) -> list[Part]:
    """Eaves, string courses between the storeys, and pilasters."""
    parts = []
    if f.roof in ("flat", "hip", "mansard") or chance(rng, 0.5):
        over = 0 if f.roof == "cropped" else 1
        parts += [Part("molding", max(f.left - over, 0), f.top, min(f.right + over, CELLS), f.top + 1)]
    first, others = chance(rng, 0.6), chance(rng, 0.3)
    courses = [f.floor(s) for s in range(f.storeys - 1) if (others if s else first)]
    parts += [Part("molding", f.left, y, f.right, y + 1) for y in courses]
    bottom = f.ground if chance(rng, 0.5) else f.floor(0)
    if chance(rng, 0.35) and f.columns()[0] - f.shutter - f.left > 2:
        parts += [Part("pillar", x, f.top + 1, x + 2, bottom) for x in (f.left, f.right - 2)]
    return parts


def row(rng: np.random.Generator, f: Frame, storey: int, columns: list[int]) -> list[Part]:
    """Windows side by side, with what belongs to them."""
    y0 = f.floor(storey) + f.gap
    y1, parts = y0 + f.high, []
    shutter = f.shutter if storey else 0
    for x0 in columns:
        x1 = x0 + f.wide
        parts += [Part("window", x0, y0, x1, y1)]
        if shutter:
            parts += [Part("blind", x0 - shutter, y0, x0, y1), Part("blind", x1, y0, x1 + shutter, y1)]
        if chance(rng, f.rollers):
            parts += [Part("roller", x0, y0, x1, y0 + between(rng, 2, max(f.high - 2, 2)))]
        if f.hood:
            parts += [Part("cornice", x0 - 1, y0 - f.hood, x1 + 1, y0)]
        if f.sills:
            parts += [Part("sill", x0 - 1, y1, x1 + 1, y1 + 1)]
        if f.panels and storey and f.height - f.gap - f.high > 3:
            parts += [Part("deco", x0 + 1, y1 + 2, x1 - 1, y1 + 3)]
    return parts


def balconies(rng: np.random.Generator, f: Frame) -> list[Part]:
    """None, one above the other, all along one storey (each window its own, or one for all), or here and there."""
    columns, storeys = f.columns(), range(1, f.storeys)
    way = int(np.searchsorted([0.5, 0.65, 0.77, 0.87], rng.random()))
    column, storey = between(rng, 0, len(columns) - 1), between(rng, 1, f.storeys - 1)
    if way == 0:
        return []
    if way == 3:
        return [balcony(f, storey, columns[0], columns[-1])]
    places = [(s, x) for s in storeys for x in columns]
    kept = {1: lambda s, x: x == columns[column], 2: lambda s, x: s == storey, 4: lambda s, x: chance(rng, 0.35)}[way]
    return [balcony(f, s, x, x) for s, x in places if kept(s, x)]


def balcony(f: Frame, storey: int, first: int, last: int) -> Part:
    """A balcony before the windows from column to column, by their left edges."""
    bottom = f.floor(storey) + f.gap + f.high
    over = max(f.shutter, 1)
    return Part("balcony", max(first - over, f.left), bottom - 3, min(last + f.wide + over, f.right), bottom + 1)


def ground_floor(rng: np.random.Generator, f: Frame) -> list[Part]:
    """A door with what hangs about it, and shops or windows beside it."""
    columns = f.columns()
    x0 = columns[between(rng, 0, len(columns) - 1)] + f.wide // 2 - 3
    x1, y0 = x0 + 6, f.ground - min(f.height - 2, 11)
    if chance(rng, 0.45):
        spans = [(f.left + 1, x0 - 2), (x1 + 2, f.right - 1)]
        parts = [Part("shop", a, f.floor(0) + 2, b, f.ground) for a, b in spans if b - a >= 7]
    else:
        parts = row(rng, f, 0, [x for x in columns if x > x1 or x + f.wide < x0])
    parts += [Part("door", x0, y0, x1, f.ground)]
    if chance(rng, 0.4):
        parts += [Part("cornice", x0 - 1, y0 - 1, x1 + 1, y0)]
    if chance(rng, 0.6):
        x = x1 + 1 if chance(rng, 0.5) else x0 - 2
        parts += [Part("lantern", x, y0 + 1, x + 1, y0 + 3)]
    return parts


def draw_mask(plan: Plan, size: int) -> np.ndarray:
    """The class of each pixel, uint8 (size, size)."""
    k = -(-size // CELLS)  # pixels to a cell
    mask = np.zeros((CELLS * k, CELLS * k), dtype=np.uint8)
    for part in plan.parts:
        box = mask[part.y0 * k : part.y1 * k, max(part.x0, 0) * k : part.x1 * k]
        box[inside(part, k)] = CLASS_OF[part.kind]
    at = ((np.arange(size) + 0.5) * (CELLS * k / size)).astype(np.intp)
    return mask if size == CELLS * k else mask[np.ix_(at, at)]


def inside(part: Part, k: int) -> np.ndarray | EllipsisType:
    """Which pixels of its box, k to a cell, a part covers: bool (h, w), or ... for all of them."""
    if not part.inset:
        return ...
    y = np.arange(0.5, (part.y1 - part.y0) * k)[:, None]  # pixel centres
    x = np.arange(max(part.x0, 0) * k, min(part.x1, CELLS) * k) + 0.5
    cut = part.inset * k * (1 - y / len(y))
    return (x > part.x0 * k + cut) & (x < part.x1 * k - cut)
