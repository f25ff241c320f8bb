"""What the label map of a house does not tell: colours, windows, light; and the masonry that walls are made of."""

import dataclasses
import functools

import numpy as np

from gancourse.data.street_plan import CELLS

TEXTURES = ("brick", "plaster", "siding", "stone")
WINDOWS = ("plain", "casement", "cross", "sash", "grid", "arched")
WALLS = {
    "red": "a84f42", "orange": "c9794e", "brown": "8a6a55", "ochre": "cf9f55", "yellow": "e2c876", "cream": "e6dcc2",
    "green": "94ab86", "teal": "6d9c9a", "blue": "7f9cbd", "pink": "dba59b", "grey": "9b9a98", "white": "ecebe6",
}  # fmt: skip
SHUTTERS = {
    "green": "3e6b4a", "blue": "47698f", "red": "8e3b34", "brown": "6a4a35", "white": "e8e6df", "grey": "73787c",
}  # fmt: skip
FRAMES = ("f2f0ea", "f2f0ea", "e3dccb", "4a3a2e", "35383c", "5c6f5e")
TRIMS = ("efe9dc", "d8cbb0", "c2beb6", "b79b84", "e9e4da")
ROOFS = ("a5553c", "8c4334", "b5714a", "5a5d66", "484b52", "6e5a4c", "6f8f80")
DOORS = ("7a2f2a", "2f4f3c", "2b4460", "5b3a26", "b08a3c", "3a3a3e", "a85a3c", "557f86")
AWNINGS = ("b5423a", "3f7358", "35557f", "c8963e", "7d3f5c", "4a4a50", "d07a45")
SKIES = (("5f93cf", "c9def0"), ("7fa8d4", "e4ecf1"), ("a9b9c9", "dfe3e6"), ("8fb6d9", "f3e7d3"), ("c3cad1", "eceeee"))


@functools.cache
def rgb(code: str) -> np.ndarray:
    """A code like c9794e to float32 (3, 1, 1) in [0, 1]."""
    return (np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], dtype=np.float32) / 255)[:, None, None]


@dataclasses.dataclass(frozen=True)
class Style:
    """What the label map does not tell: colours, float32 (3, 1, 1) in [0, 1], and places in the lists above."""

    combination: tuple[int, int, int]  # wall colour, texture, window: the parts of the street divide these
    wall: np.ndarray
    frame: np.ndarray
    trim: np.ndarray
    roof: np.ndarray
    door: np.ndarray
    shutter: np.ndarray
    awning: np.ndarray
    shutter_name: str
    cover: int  # of the roof: tiles, slates, or sheets
    rail: int  # of a balcony: bars, a parapet, or glass
    sky: int
    side: int  # where the sun stands by day: -1 left, 1 right
    sunny: float  # from 0.15, overcast, to 1
    dice: list[float]  # 1024 of them in [0, 1): what else is to be decided, four for each part
    shift: tuple[int, int]  # of the textures, cells
    striped: bool
    surrounds: bool
    quoins: bool
    base: bool
    flowers: bool
    shadow: float  # where the shadow of the house across the street falls; beyond 1 for none


def deal() -> dict[str, np.ndarray]:
    """All combinations (wall colour, texture, window), dealt out to the parts by one shuffle: int64 (m, 3) each."""
    every = np.indices((len(WALLS), len(TEXTURES), len(WINDOWS))).reshape(3, -1).T  # (288, 3)
    every = np.random.default_rng(2016).permutation(every)
    train, judge, test = np.split(every, [len(every) * 6 // 10, len(every) * 8 // 10])
    return {"train": train, "judge": judge, "test": test}


COMBINATIONS = deal()


def draw_style(rng: np.random.Generator, combinations: np.ndarray) -> Style:
    """A style at random, its (wall colour, texture, window) among these combinations (m, 3)."""
    combination = tuple(combinations[rng.integers(len(combinations))].tolist())
    jitter = 0.05 * rng.standard_normal() + 0.015 * rng.standard_normal((3, 1, 1))
    wall = np.clip(rgb(list(WALLS.values())[combination[0]]) + jitter, 0.15, 0.97).astype(np.float32)
    names = ("frame", "trim", "roof", "door", "awning")
    colours = {n: one_of(rng, c) for n, c in zip(names, (FRAMES, TRIMS, ROOFS, DOORS, AWNINGS), strict=True)}
    shutter_name = list(SHUTTERS)[rng.integers(len(SHUTTERS))]
    cover, rail, sky, side, *shift = (int(rng.integers(m)) for m in (3, 3, len(SKIES), 2, CELLS, CELLS))
    striped, surrounds, quoins, base, flowers = (rng.random(5) < (0.6, 0.5, 0.25, 0.3, 0.35)).tolist()
    sunny, shadow, dice = 0.15 + 0.85 * rng.random(), 2.5 * rng.random(), rng.random(1024).tolist()
    return Style(
        combination, wall, shutter=rgb(SHUTTERS[shutter_name]), shutter_name=shutter_name, **colours, cover=cover,
        rail=rail, sky=sky, side=2 * side - 1, sunny=sunny, dice=dice, shift=tuple(shift), striped=striped,
        surrounds=surrounds, quoins=quoins, base=base, flowers=flowers, shadow=shadow,
    )  # fmt: skip


def one_of(rng: np.random.Generator, codes: tuple[str, ...]) -> np.ndarray:
    """One of the colours, nearly: (3, 1, 1)."""
    return np.clip(rgb(codes[rng.integers(len(codes))]) + 0.03 * rng.standard_normal(), 0, 1).astype(np.float32)


# Textures are made once for each fineness k (px to a cell), twice as wide and high as the picture: a house cuts its
# own window out of them. They repeat after 64 cells, and are the same stones at every k.


@functools.cache
def cloud(k: int, seed: int, fade: float = 0.6) -> np.ndarray:
    """Noise with mean 0 and deviation 1, float32 (128 k, 128 k); each octave is ``fade`` of the coarser."""
    n, total = CELLS * k, 0
    for octave in range(2, int(np.log2(n)) + 1):
        lattice = np.random.default_rng([seed, octave]).standard_normal((2**octave, 2**octave))
        stretch = hat(n, 2**octave)  # (n, 2^octave)
        total = total + fade**octave * (stretch @ lattice @ stretch.T)
    return np.tile((total / total.std()).astype(np.float32), (2, 2))


def hat(n: int, m: int) -> np.ndarray:
    """The matrix (n, m) that draws straight lines between m values on a circle, at n places."""
    at = (np.arange(n) + 0.5) * m / n - 0.5
    low = np.floor(at).astype(int)
    matrix = np.zeros((n, m))
    np.add.at(matrix, (np.arange(n), low % m), 1 - (at - low))
    np.add.at(matrix, (np.arange(n), (low + 1) % m), at - low)
    return matrix


@functools.cache
def courses(k: int, rows: int, stones: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Masonry, ``rows`` of ``stones`` to 64 cells: a tone for each stone, and joints, both float32 (128 k, 128 k)."""
    n, thick = CELLS * k, max(1, round(0.35 * k))
    y, x = np.arange(n)[:, None], np.arange(n)
    row = y * rows // n
    half = n // stones // 2 * (row % 2)  # every other row is moved by half a stone
    stone = (x + half) % n * stones // n
    tones = np.random.default_rng(seed).standard_normal((rows, stones)).clip(-2, 2)[row, stone]
    joints = (y * rows % n < thick * rows) | ((x + half) * stones % n < thick * stones)
    return np.tile(tones.astype(np.float32), (2, 2)), np.tile(joints.astype(np.float32), (2, 2))


@functools.cache
def finish(texture: str, k: int) -> tuple[np.ndarray, np.ndarray]:
    """What a texture makes of the colour c of a wall, c * gain + mortar * joints: gain and joints (128 k, 128 k)."""
    if texture == "plaster":
        tone, joints = 0.055 * cloud(k, 1) + 0.02 * cloud(k, 2, 1.0), np.zeros((2 * CELLS * k,) * 2, np.float32)
        return 1 + tone, joints
    if texture == "siding":
        board = np.tile(np.arange(2 * k) / (2 * k), CELLS)[:, None].astype(np.float32)  # two cells high
        tone, _ = courses(k, 32, 2, 3)
        gap = 0.4 * (board < 0.25)
        return (1.06 - 0.1 * board + 0.02 * tone + 0.02 * cloud(k, 2, 1.0)) * (1 - gap), np.zeros_like(tone)
    rows, stones, uneven, strength = {"brick": (42, 18, 0.11, 0.6), "stone": (16, 8, 0.075, 0.35)}[texture]
    tone, joints = courses(k, rows, stones, 4)
    tone = uneven * tone + 0.03 * cloud(k, 1) + 0.03 * cloud(k, 2, 1.0)
    return (1 + tone) * (1 - strength * joints), strength * joints
