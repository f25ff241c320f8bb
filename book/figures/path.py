"""Draw the course's path for the title page: path_wide.svg and path_tall.svg beside this file.

Run it with `python book/figures/path.py` after a change. It needs nothing but Python. The background is transparent
and every box brings its own colours, so that the drawing reads on a light page and on a dark one.
"""

from html import escape
from pathlib import Path

HERE = Path(__file__).parent

# number, title, the idea, already there?
CHAPTERS = [
    ("00", "Warm-up", "a game you can see whole", True),
    ("01", "GAN", "two players, one game", True),
    ("02", "cGAN", "tell both what you want", True),
    ("03", "U-Net", "image in, image out", True),
    ("04", "PatchGAN", "judge texture locally", True),
    ("05", "pix2pix", "learn the loss too", True),
    ("06", "CycleGAN", "no pairs", True),
    ("+", "The wider family", "one paper, one file", False),
]
THERE, LATER, LINE = "#1f6f8b", "#596273", "#737d8c"
W, H = 228, 84  # a box
STYLE = 'font-family="Helvetica, Arial, sans-serif" fill="#ffffff"'


def box(x: float, y: float, chapter: tuple, width: float = W) -> str:
    number, title, idea, there = chapter
    edge = "" if there else f'stroke="{LINE}" stroke-width="2" stroke-dasharray="6 5"'
    lines = [
        f'<rect x="{x}" y="{y}" width="{width}" height="{H}" rx="12" fill="{THERE if there else LATER}" {edge}/>',
        f'<text x="{x + 16}" y="{y + 36}" {STYLE} font-size="21"><tspan fill="#ffd9a8">{number}</tspan>'
        f'<tspan dx="9" font-weight="600">{escape(title)}</tspan></text>',
        f'<text x="{x + 16}" y="{y + 63}" {STYLE} font-size="16">{escape(idea)}</text>',
    ]
    return "\n".join(lines)


def arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    """A straight arrow, along x or along y."""
    head = f"M{x2 - 9} {y2 - 6} L{x2} {y2} L{x2 - 9} {y2 + 6}"
    if x1 == x2:
        head = f"M{x2 - 6} {y2 - 9} L{x2} {y2} L{x2 + 6} {y2 - 9}"
    elif x2 < x1:
        head = f"M{x2 + 9} {y2 - 6} L{x2} {y2} L{x2 + 9} {y2 + 6}"
    return f'<path d="M{x1} {y1} L{x2} {y2} {head}" fill="none" stroke="{LINE}" stroke-width="3"/>'


def key(x: float, y: float) -> str:
    """What the two colours say."""
    words = f'fill="{LINE}" font-size="16" font-family="Helvetica, Arial, sans-serif"'
    return "\n".join(
        [
            f'<rect x="{x}" y="{y}" width="26" height="18" rx="5" fill="{THERE}"/>',
            f'<text x="{x + 36}" y="{y + 15}" {words}>here now</text>',
            f'<rect x="{x + 130}" y="{y}" width="26" height="18" rx="5" fill="{LATER}" stroke="{LINE}" '
            'stroke-width="2" stroke-dasharray="4 3"/>',
            f'<text x="{x + 166}" y="{y + 15}" {words}>comes later</text>',
        ]
    )


def svg(width: float, height: float, parts: list[str]) -> str:
    there = ", ".join(f"{n} {t}" for n, t, _, now in CHAPTERS if now)
    later = ", ".join(f"{n} {t}" for n, t, _, now in CHAPTERS if not now)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    title = f"<title>The path of the course. Here now: {there}. Later: {later}.</title>"
    return "\n".join([head, title, *parts, "</svg>\n"])


def wide() -> str:
    """Two rows of four, read like a snake."""
    gap, row = 32, 4
    parts = []
    for i, chapter in enumerate(CHAPTERS):
        column = i if i < row else 2 * row - 1 - i
        x, y = 4 + column * (W + gap), 4 + (i // row) * (H + 44)
        parts.append(box(x, y, chapter))
        if i + 1 == len(CHAPTERS):
            break
        if i == row - 1:
            parts.append(arrow(x + W / 2, y + H + 4, x + W / 2, y + H + 40))
        elif i < row:
            parts.append(arrow(x + W + 4, y + H / 2, x + W + gap - 4, y + H / 2))
        else:
            parts.append(arrow(x - 4, y + H / 2, x - gap + 4, y + H / 2))
    height = 2 * H + 44 + 50
    return svg(row * W + (row - 1) * gap + 8, height, [*parts, key(6, height - 28)])


def tall() -> str:
    """One column, for a phone."""
    gap, width = 34, 300
    parts = []
    for i, chapter in enumerate(CHAPTERS):
        y = 4 + i * (H + gap)
        parts.append(box(4, y, chapter, width))
        if i + 1 < len(CHAPTERS):
            parts.append(arrow(4 + width / 2, y + H + 4, 4 + width / 2, y + H + gap - 4))
    height = len(CHAPTERS) * (H + gap) + 20
    return svg(width + 8, height, [*parts, key(6, height - 28)])


if __name__ == "__main__":
    (HERE / "path_wide.svg").write_text(wide(), encoding="utf-8")
    (HERE / "path_tall.svg").write_text(tall(), encoding="utf-8")
