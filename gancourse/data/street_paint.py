"""The photo-like picture of a house: a painter for each kind of part, and three lights to see it in.

The painter works in "px", twice as fine as the picture, and the mean of 2x2 px is a pixel: so edges come out smooth.
It does not paint light. It fills four layers, and only ``develop`` makes a photograph of them:

    colour (3, h, w): what the things are painted with, in [0, 1]
    sun    (h, w):    how much of the sun reaches a place, 1 in the open and less in a shadow
    lamp   (h, w):    how strongly a place shines by itself when the lights are on
    snow   (h, w):    how much of a place is covered when it has snowed

So day, dusk and snow are the same house in three lights; and for judges there is dusk with every lamp out.
"""

import functools

import numpy as np

from gancourse.data.street_plan import CELLS, CLASSES, Part, Plan, draw_mask, inside
from gancourse.data.street_style import SKIES, TEXTURES, WALLS, WINDOWS, Style, cloud, courses, finish, rgb

LIGHTS = ("day", "dusk", "snow", "dark")  # dark: dusk with every lamp out, for judges
GOODS = ("d98a3d", "c9473f", "e8d27a", "6fa06a", "e9e4d8", "7d9fc0", "b07aa1")
BARS = {  # where a window's bars are: across, and down
    "plain": ((), ()), "casement": ((0.5,), ()), "cross": ((0.5,), (0.34,)), "sash": ((), (0.5,)),
    "grid": ((0.34, 0.67), (0.25, 0.5, 0.75)), "arched": ((0.5,), (0.42,)),
}  # fmt: skip
WARM = np.array([1.0, 0.78, 0.42], dtype=np.float32)[:, None, None]


class Easel:
    """The four layers of one picture, k px to a cell, and the light that shadows are cast in."""

    def __init__(self, plan: Plan, style: Style, k: int, light: str):
        n = CELLS * k
        self.plan, self.style, self.k, self.light = plan, style, k, light
        self.colour = np.zeros((3, n, n), dtype=np.float32)
        self.sun = np.ones((n, n), dtype=np.float32)
        self.lamp, self.snow = np.zeros((2, n, n), dtype=np.float32)
        across, down, self.dark = {"day": (1.1, 1.4, 0.9), "dusk": (-1.8, 0.6, 0.8), "snow": (0, 0.9, 0.5)}[light]
        self.reach = (-across * style.side * k, down * k)  # of the shadow of a thing that stands out by one cell
        self.shift = style.shift[0] * k, style.shift[1] * k
        self.panes = {}
        self.masonry = self.masonry_of(style.wall, TEXTURES[style.combination[1]])

    def cut(self, texture: np.ndarray) -> np.ndarray:
        """This house's piece (n, n) of a texture (2n, 2n)."""
        (y, x), n = self.shift, len(self.sun)
        return texture[y : y + n, x : x + n]

    def masonry_of(self, colour: np.ndarray, texture: str) -> np.ndarray:
        """A wall that fills the picture: (3, n, n)."""
        gain, joints = (self.cut(t) for t in finish(texture, self.k))
        wall = colour * gain
        if texture in ("brick", "stone"):
            wall += (0.35 * colour + (0.45 if texture == "brick" else 0.2)) * joints
        return wall

    def box(self, part: Part) -> tuple[int, int, int, int]:
        """A part's y0, y1, x0, x1 in px."""
        k = self.k
        return part.y0 * k, part.y1 * k, max(part.x0, 0) * k, min(part.x1, CELLS) * k

    def px(self, cells: float) -> int:
        """A length in whole px, at least one."""
        return max(1, round(cells * self.k))

    def fill(self, y0: int, y1: int, x0: int, x1: int, colour: np.ndarray) -> None:
        """Cover a rectangle (in px), lamps and snow too, with one colour (3, 1, 1) or a picture of its own size."""
        self.colour[:, y0:y1, x0:x1] = colour
        self.lamp[y0:y1, x0:x1] = self.snow[y0:y1, x0:x1] = 0

    def cast(self, y0: int, y1: int, x0: int, x1: int, deep: float) -> None:
        """The shadow of a box that stands out by ``deep`` cells: a core, half a shade about it, and dirt beneath."""
        keep = self.sun[y0:y1, x0:x1].copy()
        for part in (0.6, 1.1):
            dx, dy = round(self.reach[0] * deep * part), max(round(self.reach[1] * deep * part), 1)
            self.sun[y0 + dy : y1 + dy, max(x0 + dx, 0) : x1 + dx] *= 1 - 0.5 * self.dark
        self.sun[y0:y1, x0:x1] = keep
        self.colour[:, y1 : y1 + self.px(0.4), x0:x1] *= 0.82

    def settle(self, y: int, x0: int, x1: int, deep: float = 0.7) -> None:
        """Snow on a ledge at y, ``deep`` cells of it."""
        self.snow[max(y - self.px(deep), 0) : y + self.px(0.3), x0:x1] = 0.95


@functools.cache
def ramp(start: float, end: float, n: int) -> np.ndarray:
    """From start to end in n equal steps down: float32 (n, 1)."""
    return np.linspace(start, end, n, dtype=np.float32)[:, None]


def paint(plan: Plan, style: Style, size: int, light: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A house in a style and a light: photo uint8 (3, size, size), lit bool (size, size) and drawing (size, size).

    ``lit`` is where lamps shine at dusk, whatever the light; ``drawing`` is the brightness of the paint, in no light.
    """
    easel = Easel(plan, style, 2 * -(-size // CELLS), "dusk" if light == "dark" else light)
    for i, part in enumerate(plan.parts):
        PAINTERS[part.kind](easel, part, style.dice[4 * i % 1024 :][:4])
    lit, drawing = shrink(np.stack([easel.lamp, easel.colour.mean(axis=0)]), size)
    if light == "dark":
        easel.lamp[:] = 0
    photo = develop(easel)
    return np.rint(255 * shrink(photo, size).clip(0, 1)).astype(np.uint8), lit > 0.15, drawing


def sky(e: Easel, part: Part, dice: list[float]) -> None:
    """From the colours above to those below, with clouds; a picture of its own, as no light falls on the sky."""
    above, below = (rgb(code) for code in sky_colours(e.style, e.light))
    down = ramp(0, 1.3, len(e.sun)).clip(0, 1)
    e.sky = above + (below - above) * down
    white = e.cut(cloud(e.k, 5, 0.45)) - (0.4 if e.style.sky < 2 else 0.0)
    white = white.clip(0, 1.2) * {"day": 0.45, "dusk": 0.25, "snow": 0.1}[e.light]
    e.sky = e.sky + (rgb("f7f4f0" if e.light != "dusk" else "d9848a") - e.sky) * white


def sky_colours(style: Style, light: str) -> tuple[str, str]:
    """Above and below."""
    if light == "snow":
        return ("aeb6bf", "d9dde0")
    if light == "dusk":
        return (("2b3763", "e79a5e"), ("33436f", "d98c86"), ("27304f", "b9836f"))[style.sky % 3]
    return SKIES[style.sky]


def neighbour(e: Easel, part: Part, dice: list[float]) -> None:
    """A strip of another house, set back a little, with a few windows."""
    y0, y1, x0, x1 = e.box(part)
    colour = 0.55 * rgb(list(WALLS.values())[int(dice[0] * len(WALLS))]) + 0.22
    gain, _ = finish("plaster" if dice[1] < 0.5 else "brick", e.k)
    e.fill(y0, y1, x0, x1, colour * (0.5 + 0.5 * e.cut(gain)[y0:y1, x0:x1]))
    e.fill(y0, y0 + e.px(0.6), x0, x1, colour * 0.7)
    left, wide, t = (x0 + x1) // 2 - e.px(1.4), e.px(2.8), e.px(0.4)
    if part.x1 - part.x0 > 4:
        for y in range(y0 + e.px(3), y1 - e.px(6), e.px(9 + 3 * dice[2])):
            e.fill(y, y + e.px(5), left, left + wide, rgb("d9d4c8"))
            pane = ramp(0.55, 0.25, e.px(5) - 2 * t)
            e.fill(y + t, y + e.px(5) - t, left + t, left + wide - t, pane * rgb("d0e0f0"))
    e.settle(y0, x0, x1)


def pavement(e: Easel, part: Part, dice: list[float]) -> None:
    """Slabs, a kerb and a strip of road."""
    y0, y1, x0, x1 = e.box(part)
    kerb, k = y0 + e.px(3.2), e.k
    grain = 0.03 * e.cut(cloud(k, 2, 1.0))[y0:y1]
    e.fill(y0, y1, x0, x1, rgb("a39e97") * (0.9 + 0.2 * dice[0]) * (1 + grain))
    e.colour[:, y0:kerb, int(dice[1] * 4 * k) :: 4 * k] *= 0.85
    e.colour[:, y0 : y0 + e.px(0.5)] *= 0.75  # dirt at the foot of the wall
    e.fill(kerb, kerb + e.px(0.6), x0, x1, rgb("c4c0b8"))
    e.colour[:, kerb + e.px(0.6) :] *= 0.55
    e.snow[y0:] = 0.75 + 0.2 * e.cut(cloud(k, 1))[y0:y1]
    e.snow[kerb + e.px(0.6) :] *= 0.6


def roof(e: Easel, part: Part, dice: list[float]) -> None:
    """Tiles, slates or sheets, a ridge and a gutter."""
    y0, y1, x0, x1 = e.box(part)
    rows, stones, uneven = ((42, 42, 0.09), (42, 24, 0.08), (1, 16, 0.03))[e.style.cover]
    tone, joints = courses(e.k, rows, stones, 6)
    gain = (1 + uneven * tone[y0:y1, x0:x1]) * (1 - 0.3 * joints[y0:y1, x0:x1])
    gain *= ramp(1.12, 0.88, y1 - y0)
    where = inside(part, e.k)
    view, snow = e.colour[:, y0:y1, x0:x1], e.snow[y0:y1, x0:x1]
    view[:, where] = (e.style.roof * gain)[:, where]
    snow[where] = (0.88 + 0.25 * e.cut(cloud(e.k, 1))[y0:y1, x0:x1] - 0.25 * joints[y0:y1, x0:x1])[where]
    view[:, -e.px(0.5) :] *= 0.7


def chimney(e: Easel, part: Part, dice: list[float]) -> None:
    """A stack with a cap and pots."""
    y0, y1, x0, x1 = e.box(part)
    gain, _ = finish("brick", e.k)
    e.fill(y0, y1, x0, x1, rgb("8f5a48") * e.cut(gain)[y0:y1, x0:x1])
    shaded = slice(x0, x0 + e.px(0.8)) if e.reach[0] < 0 else slice(x1 - e.px(0.8), x1)
    e.colour[:, y0:y1, shaded] *= 0.7
    e.fill(y0, y0 + e.px(0.7), x0, x1, rgb("b8aea2"))
    e.settle(y0, x0, x1, 0.4)


def wall(e: Easel, part: Part, dice: list[float]) -> None:
    """Masonry in the style's colour; for the house's main wall a base, quoins and the soot of years too."""
    y0, y1, x0, x1 = e.box(part)
    where = inside(part, e.k)
    e.colour[:, y0:y1, x0:x1][:, where] = e.masonry[:, y0:y1, x0:x1][:, where]
    e.snow[y0:y1, x0:x1][where] = 0
    if part.y1 < e.plan.ground:
        return
    if e.style.base:
        y = y1 - e.px((e.plan.ground - e.plan.top) / e.plan.storeys)
        e.fill(y, y1, x0, x1, e.masonry_of(0.4 * e.style.wall + 0.55 * e.style.trim, "stone")[:, y:y1, x0:x1])
    if e.style.quoins:
        for i, y in enumerate(range(y0, y1, 2 * e.k)):
            long = e.px(1.6 + 1.2 * (i % 2))
            e.fill(y, y + 2 * e.k - 1, x0, x0 + long, e.style.trim)
            e.fill(y, y + 2 * e.k - 1, x1 - long, x1, e.style.trim)
    e.colour[:, y1 - e.px(2) : y1, x0:x1] *= ramp(1, 0.8, e.px(2))
    across_the_street(e)
    overhang = e.px(1.5)  # in the shadow of the eaves
    e.sun[y0 : y0 + overhang, x0:x1] *= ramp(0.4, 1, overhang)


def across_the_street(e: Easel) -> None:
    """The long shadow of the house opposite: no sun below a slanting line."""
    if e.light == "day" and e.style.shadow < 1 and e.style.sunny > 0.5:
        at = np.linspace(0, 1, len(e.sun), dtype=np.float32)
        line = 0.35 + 0.5 * e.style.shadow + 0.5 * e.style.side * (at - 0.5)
        e.sun *= 1 - 0.8 * ((at[:, None] - line) * 30).clip(0, 1)


def ledge(e: Easel, part: Part, dice: list[float]) -> None:
    """A molding, cornice or sill: light above, dark below, its shadow on the wall, snow on top."""
    y0, y1, x0, x1 = e.box(part)
    down = ramp(1.08, 0.85, y1 - y0)
    e.fill(y0, y1, x0, x1, e.style.trim * down)
    e.cast(y0, y1, x0, x1, {"molding": 1.3, "cornice": 1.2, "sill": 0.8}[part.kind])
    e.settle(y0, x0, x1)
    if part.kind == "sill" and e.style.flowers and dice[0] < 0.7:
        flowers(e, y0, x0 + e.k, x1 - e.k, dice)


def flowers(e: Easel, y: int, x0: int, x1: int, dice: list[float]) -> None:
    """A box of them that ends at y."""
    high = e.px(1.1)
    spots = e.cut(cloud(e.k, 7, 1.0))[y - high : y, x0:x1]
    blossom = rgb(("d8485a", "e8e2d6", "d9a03c", "b3589b")[int(dice[1] * 4)])
    e.fill(y - high, y, x0, x1, np.where(spots > 0.5, blossom, rgb("4f7a45") * (1 + 0.15 * spots)))


def pillar(e: Easel, part: Part, dice: list[float]) -> None:
    """A pilaster: round, with a capital and a foot."""
    y0, y1, x0, x1 = e.box(part)
    across = np.sin(np.linspace(0.5, 2.6, x1 - x0, dtype=np.float32))
    e.fill(y0, y1, x0, x1, e.style.trim * (0.55 + 0.45 * across))
    for y in (y0, y1 - e.k):
        e.fill(y, y + e.k, x0, x1, e.style.trim * 1.04)
        e.colour[:, y + e.k - 1, x0:x1] *= 0.8
    e.cast(y0, y1, x0, x1, 0.6)


def blind(e: Easel, part: Part, dice: list[float]) -> None:
    """An open shutter: a frame about slats."""
    y0, y1, x0, x1 = e.box(part)
    slats = np.where(np.arange(y1 - y0) % e.px(1) < max(e.px(1) // 2, 1), 1.12, 0.84).astype(np.float32)
    e.fill(y0, y1, x0, x1, e.style.shutter)
    t = e.px(0.35)
    e.colour[:, y0 + t : y1 - t, x0 + t : x1 - t] *= slats[t:-t, None]
    e.cast(y0, y1, x0, x1, 0.35)


def roller(e: Easel, part: Part, dice: list[float]) -> None:
    """A roller blind, some way down the window."""
    y0, y1, x0, x1 = e.box(part)
    slats = np.where(np.arange(y1 - y0) % e.px(0.8) < e.px(0.5), 1.0, 0.85).astype(np.float32)[:, None]
    e.fill(y0, y1, x0, x1, (0.5 * e.style.shutter + 0.4) * slats)
    e.sun[y1 : y1 + e.px(0.6), x0:x1] *= 0.7


def window(e: Easel, part: Part, dice: list[float]) -> None:
    """Glass behind bars in a frame, set back into the wall. At dusk they are lit, but for those that were dark
    behind the glass: nobody is at home."""
    y0, y1, x0, x1 = e.box(part)
    kind, behind = WINDOWS[e.style.combination[2]], int(dice[0] * 6)
    pane, shine = glass(e, y1 - y0, x1 - x0, kind, behind)
    if e.style.surrounds or part.kind == "dormer":
        t = e.px(0.6)
        e.fill(y0 - t, y1 + t * (part.kind == "dormer"), x0 - t, x1 + t, e.style.trim)
    where = arch(y1 - y0, x1 - x0) if kind == "arched" and part.kind == "window" else None
    e.fill(y0, y1, x0, x1, pane if where is None else np.where(where, pane, e.colour[:, y0:y1, x0:x1]))
    if behind != DARK:
        shine = shine * np.float32(0.7 + 0.3 * dice[2])
        e.lamp[y0:y1, x0:x1] = shine if where is None else shine * where
    recess(e, y0, y1, x0, x1)
    if part.kind == "dormer":
        e.settle(y0 - e.px(0.6), x0 - e.px(0.6), x1 + e.px(0.6))


def recess(e: Easel, y0: int, y1: int, x0: int, x1: int) -> None:
    """The shadow of the wall on what is set back into it."""
    e.sun[y0 : y0 + e.px(0.8), x0:x1] *= 0.45
    side = slice(x0, x0 + e.px(0.6)) if e.reach[0] > 0 else slice(x1 - e.px(0.6), x1)
    if e.reach[0]:
        e.sun[y0:y1, side] *= 0.55


@functools.cache
def arch(h: int, w: int) -> np.ndarray:
    """Which px (h, w) lie under a round arch, as wide as the window and at most half as high."""
    y, x = np.arange(0.5, h)[:, None], (np.arange(0.5, w) - w / 2) / (w / 2)
    rise = min(w / 2, 0.4 * h)
    return y > rise * (1 - np.sqrt((1 - x**2).clip(0)))


DARK = 4  # behind the glass, see :func:`glass`


def glass(e: Easel, h: int, w: int, kind: str, behind: int) -> tuple[np.ndarray, np.ndarray]:
    """A window of h x w px: its colours (3, h, w), and how it shines when lit (h, w). Equal windows are made once.

    Behind the glass there may be 1 curtains, 2 a cloth over the upper part, 3 a net over the lower part, or 4 the dark.
    """
    if (h, w, behind) in e.panes:
        return e.panes[h, w, behind]
    y, x = ramp(0, 1, h), np.linspace(0, 1, w, dtype=np.float32)
    above, dark = rgb(SKIES[e.style.sky][0]) * 0.9, rgb("1f252c")
    streak = (1 - abs(x + 0.5 * y - 0.75) / 0.2).clip(0)
    mirrored = 0.2 + 0.45 * (1 - y) + 0.3 * streak  # the glass mirrors the sky, above more than below
    colour = dark + (above - dark) * mirrored * (0.7 if behind == DARK else 1)
    shine = np.broadcast_to(1.05 - 0.3 * y, (h, w)).copy()
    cloth = 0.35 * e.style.awning + rgb("9a958c")
    if behind == 1:
        c = max(1, round(0.27 * w))
        for side in (slice(0, c), slice(w - c, w)):
            colour[:, :, side], shine[:, side] = cloth * (0.9 + 0.1 * np.sin(60 * x[side])), 0.6
    if behind in (2, 3):
        some = slice(0, round(0.4 * h)) if behind == 2 else slice(round(0.45 * h), h)
        colour[:, some] += (rgb("e6e1d6") - colour[:, some]) * (0.85 if behind == 2 else 0.55)
        shine[some] *= 0.75
    e.panes[h, w, behind] = framed(e, colour, shine, kind)
    return colour, shine


def framed(e: Easel, colour: np.ndarray, shine: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Put a frame about the glass and the bars of this kind before it, in place."""
    (h, w), t, frame = shine.shape, e.px(0.35), e.style.frame
    bars = [slice(0, e.px(0.5)), slice(w - e.px(0.5), w)]
    bars += [slice(round(w * f - t / 2), round(w * f - t / 2) + t) for f in BARS[kind][0]]
    for bar in bars:
        colour[:, :, bar], shine[:, bar] = frame, 0.25
    bars = [slice(0, e.px(0.5)), slice(h - e.px(0.5), h)]
    bars += [slice(round(h * f), round(h * f) + t) for f in BARS[kind][1]]
    for bar in bars:
        colour[:, bar], shine[bar] = frame, 0.25
    return colour, shine


def door(e: Easel, part: Part, dice: list[float]) -> None:
    """A leaf with panels under a fanlight, in a frame, with a step before it."""
    y0, y1, x0, x1 = e.box(part)
    t, light = e.px(0.6), y0 + round(0.24 * (y1 - y0))
    e.fill(y0, y1, x0, x1, e.style.trim)
    e.fill(y0 + t, light, x0 + t, x1 - t, rgb("3a4652"))
    e.lamp[y0 + t : light, x0 + t : x1 - t] = 0.8
    e.fill(light + t // 2, y1, x0 + t, x1 - t, e.style.door)
    middle, high = (x0 + x1) // 2, (y1 - light) // 2
    for top in (light + t, light + t + high):
        for left, right in ((x0 + 2 * t, middle - t // 2), (middle + t // 2 + 1, x1 - 2 * t)):
            e.colour[:, top + t // 2 : top + high - t, left:right] *= 0.78
    e.fill(light + high, light + high + t, x1 - 2 * t, x1 - 2 * t + e.px(0.4), rgb("d8b860"))  # the knob
    recess(e, y0, y1, x0, x1)
    step = e.px(0.9)
    e.fill(y1, y1 + step, x0 - t, x1 + t, rgb("b9b3a8") * ramp(1.1, 0.75, step))


def shop(e: Easel, part: Part, dice: list[float]) -> None:
    """A sign, a window full of goods, perhaps an awning."""
    y0, y1, x0, x1 = e.box(part)
    sign, foot, t = y0 + e.px(2.4), y1 - e.px(1.4), e.px(0.5)
    e.fill(y0, y1, x0, x1, e.style.awning * 0.75)
    display(e, sign, foot, x0 + t, x1 - t, dice)
    letters = e.cut(cloud(e.k, 8, 1.0))[y0 + e.px(0.8) : sign - e.px(0.7), x0 + 2 * e.k : x1 - 2 * e.k] > -0.3
    where = e.colour[:, y0 + e.px(0.8) : sign - e.px(0.7), x0 + 2 * e.k : x1 - 2 * e.k]
    where[:, letters] = rgb("f0e6cc")[:, 0]
    if dice[0] < 0.6:
        awning(e, sign, sign + e.px(3), x0, x1)
    else:
        recess(e, sign, foot, x0 + t, x1 - t)
    e.settle(y0, x0, x1, 0.3)


def display(e: Easel, y0: int, y1: int, x0: int, x1: int, dice: list[float]) -> None:
    """The shop window: a lit room, goods on shelves, bars between the panes."""
    down = ramp(1, 0, y1 - y0)
    e.fill(y0, y1, x0, x1, rgb("2c2824") + (rgb("c9b48c") - rgb("2c2824")) * (0.25 + 0.6 * down))
    bottom = y1 - e.px(0.3)
    for i, x in enumerate(range(x0 + e.px(0.6), x1 - e.px(1), e.px(1.7))):
        die = e.style.dice[(i * 7 + int(dice[2] * 900)) % 1024]
        goods, high = rgb(GOODS[int(die * 997) % len(GOODS)]), e.px(1 + 2.2 * die)
        e.fill(bottom - high, bottom, x, x + e.px(1.2), goods)
    e.lamp[y0:y1, x0:x1] = 0.6 + 0.15 * down
    for x in range(x0 + e.px(6), x1 - e.px(2), e.px(6)):
        e.fill(y0, y1, x, x + e.px(0.4), e.style.frame)


def awning(e: Easel, y0: int, y1: int, x0: int, x1: int) -> None:
    """Cloth over a shop window, striped or plain, with its shadow on the glass."""
    stripes = (np.arange(x1 - x0) // e.px(1.5)) % 2 == 0
    cloth = np.where(stripes & e.style.striped, rgb("ece6d8"), e.style.awning)  # (3, 1, w)
    e.fill(y0, y1, x0, x1, cloth * ramp(1.1, 0.85, y1 - y0))
    e.colour[:, y1 - e.px(0.5) : y1, x0:x1] *= 0.85
    e.sun[y1 : y1 + e.px(2), x0:x1] *= 0.45
    e.snow[y0 : y0 + e.px(1.4), x0:x1] = 0.9


def balcony(e: Easel, part: Part, dice: list[float]) -> None:
    """A slab and a rail: bars, a parapet or glass. Through bars one sees what is behind."""
    y0, y1, x0, x1 = e.box(part)
    slab, bar = y1 - e.px(0.9), e.px(0.35)
    iron = 0.4 * e.style.frame if e.style.rail == 0 else e.style.frame * 0.9
    if e.style.rail == 1:
        e.fill(y0, slab, x0, x1, 0.5 * (e.style.trim + e.style.wall))
    elif e.style.rail == 2:
        e.colour[:, y0:slab, x0:x1] += 0.45 * (rgb("a9c0c6") - e.colour[:, y0:slab, x0:x1])
        e.lamp[y0:slab, x0:x1] *= 0.6
    else:
        for x in range(x0, x1, e.px(1)):
            e.fill(y0, slab, x, x + bar, iron)
    e.fill(y0, y0 + e.px(0.5), x0, x1, iron)
    e.fill(slab, y1, x0, x1, e.style.trim * 0.95)
    e.cast(slab, y1, x0, x1, 2.0)
    e.settle(y0, x0, x1, 0.4)
    e.settle(slab, x0, x1, 0.4)
    if e.style.flowers and dice[0] < 0.6:
        flowers(e, y0 + e.px(0.6), x0 + e.k, x1 - e.k, dice)


def deco(e: Easel, part: Part, dice: list[float]) -> None:
    """A panel in relief, or a rosette where there is room."""
    y0, y1, x0, x1 = e.box(part)
    e.fill(y0, y1, x0, x1, e.style.trim)
    h, w = y1 - y0, x1 - x0
    y, x = np.arange(0.5, h)[:, None] / h - 0.5, np.arange(0.5, w) / w - 0.5
    ring = abs(np.hypot(x, y) - 0.3) < 0.1 if part.y1 - part.y0 > 2 else (abs(x) < 0.4) & (abs(y) < 0.25)
    e.colour[:, y0:y1, x0:x1] *= np.where(ring, np.float32(0.72), np.float32(1))
    e.cast(y0, y1, x0, x1, 0.4)


def lantern(e: Easel, part: Part, dice: list[float]) -> None:
    """A lamp on the wall: an iron cap and foot, and glass."""
    y0, y1, x0, x1 = e.box(part)
    e.fill(y0, y1, x0, x1, rgb("2c2d30"))
    t = e.px(0.4)
    e.fill(y0 + t, y1 - t, x0, x1, rgb("e9e2c6"))
    e.lamp[y0 + t : y1 - t, x0:x1] = 1.3
    e.settle(y0, x0, x1, 0.3)


PAINTERS = {
    "sky": sky, "neighbour": neighbour, "pavement": pavement, "roof": roof, "chimney": chimney, "wall": wall,
    "molding": ledge, "cornice": ledge, "sill": ledge, "pillar": pillar, "blind": blind, "roller": roller,
    "window": window, "dormer": window, "door": door, "shop": shop, "balcony": balcony, "deco": deco,
    "lantern": lantern,
}  # fmt: skip


def develop(e: Easel) -> np.ndarray:
    """The four layers in their light, before the sky: a photograph (3, n, n), about 0 to 1."""
    photo = {"day": by_day, "dusk": at_dusk, "snow": in_snow}[e.light](e)
    open_sky = draw_mask(e.plan, len(e.sun)) == CLASSES.index("sky")
    if e.light == "snow":
        open_sky &= e.snow < 0.5  # snow on top of things lies before the sky
    return np.where(open_sky, e.sky, photo)


def by_day(e: Easel) -> np.ndarray:
    """Sun and sky, more of the one or of the other."""
    s = e.style
    direct = (0.12 + 0.48 * s.sunny) * np.array([1.06, 1.0, 0.9], dtype=np.float32)[:, None, None]
    ambient = np.array([0.96, 1.0, 1.06], dtype=np.float32)[:, None, None] * (0.88 - 0.42 * s.sunny)
    return e.colour * (ambient + direct * e.sun)


def at_dusk(e: Easel) -> np.ndarray:
    """The last sun from the other side, blue shadows, and all that shines by itself, with its glow about it."""
    ambient = np.array([0.27, 0.30, 0.45], dtype=np.float32)[:, None, None]
    direct = np.array([0.44, 0.24, 0.09], dtype=np.float32)[:, None, None]
    photo = e.colour * (ambient + direct * e.sun)
    photo += WARM * e.lamp * (0.5 + 0.55 * e.colour)
    return photo + (WARM * (0.25 + e.colour)) * (0.5 * glow(e.lamp))


def in_snow(e: Easel) -> np.ndarray:
    """A grey light from everywhere, snow on all that lies flat, and flakes in the air."""
    white, flakes = rgb("eef1f5"), e.cut(courses(e.k, 128, 128, 9)[0]) > 1.99
    e.colour += (white - e.colour) * np.maximum(e.snow.clip(0, 1), 0.8 * flakes)
    ambient = np.array([0.74, 0.77, 0.82], dtype=np.float32)[:, None, None]
    return e.colour * (ambient + np.float32(0.18) * e.sun)


def glow(lamp: np.ndarray) -> np.ndarray:
    """The light (n, n) that lamps (n, n) throw about them: blurred on a coarse grid, and drawn large again."""
    n, m = len(lamp), 32
    coarse = lamp.reshape(m, n // m, m, n // m).mean(axis=(1, 3))
    spread = halo(n, m)
    return spread @ coarse @ spread.T


@functools.cache
def halo(n: int, m: int) -> np.ndarray:
    """A Gaussian about each of m places, seen at n: float32 (n, m), columns of mean 1."""
    at, places = (np.arange(n) + 0.5) / n, (np.arange(m) + 0.5) / m
    spread = np.exp(-0.5 * ((at[:, None] - places) / 0.045) ** 2)
    return (spread / spread.sum(axis=1, keepdims=True)).astype(np.float32)


def shrink(image: np.ndarray, size: int) -> np.ndarray:
    """The mean over squares: (c, n, n) to (c, size, size)."""
    c, n, _ = image.shape
    if n == 2 * size:
        rows = image[:, ::2] + image[:, 1::2]
        return (rows[:, :, ::2] + rows[:, :, 1::2]) * np.float32(0.25)
    weights = areas(n, size)
    return weights @ image @ weights.T


@functools.cache
def areas(n: int, size: int) -> np.ndarray:
    """The share of each of n px in each of ``size`` pixels: float32 (size, n), rows of sum 1."""
    edges, step = np.arange(n), n / size
    low, high = np.arange(size)[:, None] * step, (np.arange(size)[:, None] + 1) * step
    return ((np.minimum(edges + 1, high) - np.maximum(edges, low)).clip(0) / step).astype(np.float32)
