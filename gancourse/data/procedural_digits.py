"""Digits and letters in a made-up hand: the fonts of matplotlib, thinned to a line, bent, and drawn again with a pen.

A picture is made in four steps::

    character of a font -> centre line: 96 points -> warped points -> ink on the pixels

The first arrow is walked once per character (``centre_line``), the others for every picture. All that is random comes
from a hash of (seed, index), so picture i is the same whatever was asked for before it.
"""

import functools
import operator
from pathlib import Path

import matplotlib
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

FONTS = (
    "DejaVuSans", "DejaVuSansMono", "DejaVuSerif", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralItalic",
    "cmr10", "cmss10", "cmtt10", "cmti10",
)  # fmt: skip
# Handwriting has shapes that print lacks: a 1 without a foot, an open 4, a 7 with a bar. Characters that look like them
# stand in: "text:font*times", where times is how often the drawing lies in its glyph's deck.
ALSO = {
    "0": "O:DejaVuSansMono*6 O:cmss10*4 O:STIXGeneralItalic*4",
    "1": "l:DejaVuSans*30 l:cmss10*10",
    "3": "З:DejaVuSans*3 Ʒ:DejaVuSans ʒ:STIXGeneral",
    "4": "Ч:DejaVuSans*6 ч:DejaVuSans*6",
    "6": "б:DejaVuSans*2",
    "7": "7-:DejaVuSans*2 7-:cmss10",
    "9": "q:DejaVuSans*5 g:DejaVuSans*2 q:cmss10*2",
}
# And its proportions differ: (width, how far down the waist moves). So a 6 or a 9 has a smaller loop than in print.
HAND = {
    "0": (1.25, 0), "2": (1.2, 0), "3": (1.1, 0), "4": (1.1, 0),
    "6": (0.95, 0.33), "8": (0.85, 0), "9": (0.9, -0.2),
}  # fmt: skip
LEAVE_OUT = {("0", "DejaVuSansMono"), ("2", "cmti10")}  # a zero with a dot; a two whose curls fill up

POINTS = 96  # on a centre line
BLUR = 1.1  # of the pen: a point leaves exp(-BLUR d^2) of its ink at d pixels of a 28-pixel picture
STEPS = 32  # places inside a pixel where a point may lie
PENS = np.linspace(1.0, 1.7, 64)  # radii, pixels of a 28-pixel picture
LOADS = np.exp(BLUR * PENS**2)  # the ink that makes a line of that radius
MODES = [(i, j) for i in range(4) for j in range(4) if 1 <= i + j <= 3]  # waves across and down: the elastic warp
BEND, PRESS = 0.15, 0.3  # how much the line and the ink vary along their way
DRAWS = 6 + 3 * len(MODES)  # random numbers for one picture


class ProceduralDigits:
    """Endless labelled pictures of handwritten-looking characters, white on black, each known by its number.

    ``digits[i]`` depends on (seed, i) alone, to the bit, in whatever batch it is asked for. Like MNIST's, a digit
    fits a box of 20/28 of the picture and is centred in it by its mass. So letters lose what tells c from C, o from O
    or s from S: their height.

    Args:
        seed: of the whole set. Train on one, test on another.
        size: of the square pictures, pixels, at least 8.
        glyphs: the classes, from 0-9, A-Z and a-z; the label counts along this string.

    Raises:
        ValueError: a size below 8, or glyphs that are empty, repeated or not among the characters above.
    """

    def __init__(self, seed: int = 0, size: int = 28, glyphs: str = "0123456789"):
        check(size, glyphs)
        self.seed, self.size, self.glyphs = seed, size, glyphs
        decks = [deck(g) for g in glyphs]
        self._deck_sizes = np.array([len(d) for d in decks], dtype=np.uint64)
        self._deck_starts = np.cumsum(self._deck_sizes) - self._deck_sizes
        cards = [(glyph, *card) for glyph, d in zip(glyphs, decks, strict=True) for card in d]
        self._lines = np.stack([by_hand(centre_line(text, font), glyph) for glyph, text, font in cards])
        self._shares = shares(self._lines)  # (drawings, POINTS)
        self._waves = waves(self._lines)  # (modes, drawings, POINTS)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """Picture ``index``: uint8 (1, size, size), and its label. ValueError if the index is negative."""
        images, labels = self.batch(torch.tensor([operator.index(index)]))
        return images[0], int(labels[0])

    def batch(self, indices: Tensor | range) -> tuple[Tensor, Tensor]:
        """Pictures uint8 (n, 1, size, size) and labels int64 (n,) of these indices. ValueError if one is negative."""
        indices = torch.as_tensor(indices, dtype=torch.int64).cpu().numpy()
        if len(indices) and indices.min() < 0:
            raise ValueError(f"index {indices.min()}: pictures are counted from 0 upwards, without end")
        images = np.empty((len(indices), 1, self.size, self.size), dtype=np.uint8)
        labels = np.empty(len(indices), dtype=np.int64)
        for start in range(0, len(indices), 64):  # small chunks stay in the processor's cache
            some = slice(start, start + 64)
            images[some, 0], labels[some] = self._draw(indices[some])
        return torch.from_numpy(images), torch.from_numpy(labels)

    def _draw(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Indices (n,) to pictures uint8 (n, size, size) and labels (n,)."""
        bits = random_bits(self.seed, indices)  # (n, DRAWS)
        labels = bits[:, 0] % np.uint64(len(self.glyphs))
        drawing = self._deck_starts[labels] + bits[:, 1] % self._deck_sizes[labels]
        pen = bits[:, 2] % np.uint64(len(PENS))
        waves = self._waves[:, drawing]  # (modes, n, POINTS)
        points, share = warp(self._lines[drawing], waves, bits), self._shares[drawing]
        points = place(points, share, 20 - 2 * PENS[pen, None]) * (self.size / 28)
        ink = share * LOADS[pen, None] * pressure(waves, bits)
        return stroke(points, ink, self.size), labels


def check(size: int, glyphs: str) -> None:
    """Raise ValueError, with the mend, unless pictures of this size and these glyphs can be drawn."""
    if size < 8:
        raise ValueError(f"size {size}: a glyph cannot be read on fewer than 8 pixels, so choose 8 or more")
    unknown = [g for g in glyphs if not (g.isascii() and g.isalnum())]
    if not glyphs or unknown or len(set(glyphs)) < len(glyphs):
        raise ValueError(f"glyphs {glyphs!r}: give one or more of 0-9, A-Z and a-z, each once")


def deck(glyph: str) -> list[tuple[str, str]]:
    """The drawings (text, font) that one glyph is drawn from at random; some lie there more than once."""
    cards = [(glyph, font) for font in FONTS if (glyph, font) not in LEAVE_OUT]
    for card in ALSO.get(glyph, "").split():
        text, font, times = (card.replace("*", ":") + ":1").split(":")[:3]
        cards += [(text, font)] * int(times)
    return cards


@functools.cache
def centre_line(text: str, font: str) -> np.ndarray:
    """The middle of the strokes: points (POINTS, 2) as (x, y), y down, the longer side from -1 to 1."""
    y, x = np.nonzero(thin(print_bitmap(text, font)))
    line = np.stack([x, y], axis=1).astype(float)  # (pixels, 2)
    near = np.exp(-square_distances(line, line) / 8)  # (pixels, pixels)
    line = near @ line / near.sum(axis=1, keepdims=True)  # a mean over two pixels either way takes the stairs out
    low, high = line.min(axis=0), line.max(axis=0)
    return spread_out((line - (low + high) / 2) / (high - low).max() * 2, POINTS)


def by_hand(line: np.ndarray, glyph: str) -> np.ndarray:
    """A printed line (POINTS, 2) in the proportions of handwriting."""
    width, waist = HAND.get(glyph, (1, 0))
    x, y = line.T
    return np.stack([width * x, y + waist * (1 - y**2)], axis=1)


def shares(lines: np.ndarray) -> np.ndarray:
    """Each point's share of ink, (drawings, POINTS): less where points crowd, so that lines come out even."""
    pixels = 8.5 * lines  # a glyph is some 17 pixels high
    share = np.stack([1 / np.exp(-BLUR * square_distances(line, line)).sum(axis=1) for line in pixels])
    return np.minimum(share, 1.2 * np.median(share, axis=1, keepdims=True))  # no blots at the ends


def print_bitmap(text: str, font: str) -> np.ndarray:
    """Characters printed on top of one another about the middle of a bool (72, 72) bitmap."""
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{font}.ttf")
    face, canvas = ImageFont.truetype(path, 56), Image.new("L", (72, 72))
    for character in text:
        left, top, right, bottom = face.getbbox(character)
        corner = (36 - (left + right) // 2, 36 - (top + bottom) // 2)
        ImageDraw.Draw(canvas).text(corner, character, fill=255, font=face)
    return np.asarray(canvas) > 127


def thin(ink: np.ndarray) -> np.ndarray:
    """Peel a bool bitmap (h, w) with an empty border to lines one pixel wide (Zhang and Suen, 1984)."""
    before = None
    while before is None or ink.sum() < before:
        before = ink.sum()
        for a, b, c, d in ((2, 4, 0, 6), (0, 6, 2, 4)):  # peel the south-east, then the north-west
            around = neighbours(ink)  # (8, h, w)
            count = around.sum(axis=0)
            runs = (~around & np.roll(around, -1, axis=0)).sum(axis=0)  # of ink, once around the pixel
            inner = around[a] & around[b] & (around[c] | around[d])
            ink = ink & ~((count >= 2) & (count <= 6) & (runs == 1) & ~inner)
    return ink


def neighbours(ink: np.ndarray) -> np.ndarray:
    """The eight bitmaps (8, h, w) of each pixel's neighbour to the north, north-east, ..., north-west."""
    steps = ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
    return np.stack([np.roll(ink, step, axis=(0, 1)) for step in steps])


def square_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Between points (n, 2) and (m, 2): (n, m)."""
    return ((a[:, None] - b[None]) ** 2).sum(axis=-1)


def spread_out(points: np.ndarray, n: int) -> np.ndarray:
    """n of the points (m, 2), each the farthest from those before it. If there are fewer than n, they are repeated."""
    if len(points) < n:
        return np.resize(points, (n, 2))
    chosen = [0]
    distance = np.full(len(points), np.inf)
    for _ in range(n - 1):
        distance = np.minimum(distance, square_distances(points, points[chosen[-1:]])[:, 0])
        chosen.append(int(distance.argmax()))
    return points[chosen]


def waves(lines: np.ndarray) -> np.ndarray:
    """Smooth functions of the place, each in [-1, 1], at points (drawings, POINTS, 2): (modes, drawings, POINTS)."""
    x, y = (lines[..., 0] + 1) / 2, (lines[..., 1] + 1) / 2
    return np.stack([np.cos(np.pi * i * x) * np.cos(np.pi * j * y) for i, j in MODES])


def random_bits(seed: int, indices: np.ndarray) -> np.ndarray:
    """uint64 (n, DRAWS): as good as random, yet a function of seed, index and column alone (splitmix64)."""
    golden = np.uint64(0x9E3779B97F4A7C15)
    start = mix(np.array([seed % 2**64], dtype=np.uint64) + golden)  # (1,)
    rows = mix(start + indices.astype(np.uint64) * golden)  # (n,)
    return mix(rows[:, None] + np.arange(1, DRAWS + 1, dtype=np.uint64) * golden)


def mix(z: np.ndarray) -> np.ndarray:
    """The scrambling step of splitmix64: uint64 in, uint64 of the same shape out, one to one."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def normal(bits: np.ndarray) -> np.ndarray:
    """uint64 (n, m) to nearly normal numbers in [-2, 2]: each the sum of four uniform ones, cut where a glyph tears."""
    quarters = np.ascontiguousarray(bits).view(np.uint16).reshape(*bits.shape, 4)
    return np.clip((quarters.sum(axis=-1, dtype=np.int64) - 131070) * (3**0.5 / 65536), -2, 2)


def elastic(waves: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """A random smooth function at each point: waves (modes, n, POINTS) and bits (n, modes) to (n, POINTS)."""
    strengths = normal(bits)  # (n, modes)
    total = np.zeros(waves.shape[1:])
    for k, (i, j) in enumerate(MODES):  # a loop, as the sum of a product rounds differently from batch to batch
        total += waves[k] * (strengths[:, k, None] / (i * i + j * j))
    return total


def warp(lines: np.ndarray, waves: np.ndarray, bits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre lines (n, POINTS, 2), bent, stretched, slanted and turned a little: x and y, each (n, POINTS)."""
    m = len(MODES)
    x = lines[..., 0] + BEND * elastic(waves, bits[:, 6 : 6 + m])
    y = lines[..., 1] + BEND * elastic(waves, bits[:, 6 + m : 6 + 2 * m])
    wide, slant, turn = normal(bits[:, 3:6]).T[..., None]  # each (n, 1)
    x = x * (1.08 + 0.12 * wide)
    x = x - (0.2 + 0.19 * slant) * y  # y points down: tops lean to the right
    turn = 0.1 * turn
    return x - turn * y, y + turn * x


def pressure(waves: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """What the hand adds to the pen's ink at each point, (n, POINTS), about 1."""
    return np.maximum(1 + PRESS * elastic(waves, bits[:, 6 + 2 * len(MODES) :]), 0.5)


def place(points: tuple[np.ndarray, np.ndarray], share: np.ndarray, box: np.ndarray) -> np.ndarray:
    """x and y (n, POINTS), scaled to a box (n, 1), the middle of the line at (14, 14): (n, POINTS, 2)."""
    x, y = points
    width, height = (c.max(axis=1, keepdims=True) - c.min(axis=1, keepdims=True) for c in points)
    taller = np.maximum(0.75 * width / height, 1)  # the strokes of a flat glyph would run together
    scale = box / np.maximum(width, taller * height)
    xy = np.stack([x * scale, y * (taller * scale)])  # (2, n, POINTS)
    middle = (xy * share).sum(axis=2, keepdims=True) / share.sum(axis=1, keepdims=True)
    return np.moveaxis(xy - middle + 14, 0, -1)


@functools.cache
def blobs(size: int) -> np.ndarray:
    """How a point's ink spreads along one axis: (size * STEPS, size), whole numbers up to 2^16."""
    places, pixels = np.arange(size * STEPS) / STEPS, np.arange(size) + 0.5
    d = (places[:, None] - pixels) * (28 / size)
    return np.rint(np.exp(-BLUR * d**2) * 2**16)


def stroke(points: np.ndarray, ink: np.ndarray, size: int) -> np.ndarray:
    """Ink (n, POINTS) at points (n, POINTS, 2), in pixels, to pictures uint8 (n, size, size).

    A Gaussian blob is a column times a row, so a picture full of them is one product of two matrices. The entries are
    whole numbers and the sums stay below 2^53: exact in float64, in any order. That is why batches cannot differ.
    """
    at = np.clip(np.rint(points * STEPS), 0, size * STEPS - 1).astype(np.intp)
    across, down = blobs(size)[at[..., 0]], blobs(size)[at[..., 1]]  # each (n, POINTS, size)
    across *= np.rint(ink * 2**10)[..., None]
    wet = (down.transpose(0, 2, 1) @ across) / 2.0**42  # (n, size, size); 1 at the edge of the stroke
    for _ in range(1 + max(0, round(np.log2(size / 28)))):
        wet *= wet  # larger pictures have sharper edges
    return np.rint(255 * np.clip(1.16 * wet / (1 + wet) - 0.06, 0, 1)).astype(np.uint8)
