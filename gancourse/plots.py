"""Pictures of what a game does. Functions take tensors and draw; nothing here is needed to train."""

import math

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor
from torchvision.utils import make_grid

TWO_LOG_TWO = 2 * math.log(2)
LOG_TWO = math.log(2)


def sheet(images: Tensor, columns: int = 10) -> np.ndarray:
    """Images (n, c, h, w) in [-1, 1] on one sheet, row by row: (H, W, 3) uint8."""
    tiled = make_grid(images.detach().float().cpu().clamp(-1, 1), nrow=columns, padding=2, pad_value=1.0)
    return ((tiled + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()


def grid(images: Tensor, columns: int = 10, title: str = "", ax: Axes | None = None, scale: float = 0.55) -> Axes:
    """Draw images (n, c, h, w) in [-1, 1] as a grid; `scale` inches for each image."""
    picture = sheet(images, columns)
    if ax is None:
        rows = math.ceil(len(images) / columns)
        _, ax = plt.subplots(figsize=(columns * scale, rows * scale + 0.3 * bool(title)), layout="tight")
    ax.imshow(picture, interpolation="nearest")
    ax.set_axis_off()
    if title:
        ax.set_title(title, fontsize=10)
    return ax


def smooth(values: list[float], width: int) -> np.ndarray:
    """Running mean over `width` values, as long as the input minus width - 1."""
    return np.convolve(values, np.ones(width) / width, mode="valid")


def losses(history: dict[str, list[float]], references: dict[str, float] | None = None, ax: Axes | None = None) -> Axes:
    """Draw losses by round: each faintly, its running mean on top, reference values as dashed lines.

    Args:
        history: what `train` returned.
        references: values to compare with, by caption, as in ``{"undecided critic, 2 log 2": 1.386}``.
    """
    ax = ax or plt.subplots(figsize=(6, 2.8), layout="tight")[1]
    for i, (name, values) in enumerate(history.items()):
        width = max(1, len(values) // 50)
        ax.plot(values, color=f"C{i}", alpha=0.2, linewidth=0.5)
        ax.plot(np.arange(len(values) - width + 1) + width / 2, smooth(values, width), color=f"C{i}", label=f"{name}")
    for i, (caption, value) in enumerate((references or {}).items()):
        ax.axhline(value, color=f"C{i}", linestyle="--", linewidth=1, label=caption)
    top = max(np.quantile(values, 0.99) for values in history.values())
    ax.set(xlabel="round", ylabel="loss", ylim=(0, 1.15 * max(top, *(references or {}).values(), 0)))
    ax.legend(fontsize=8, frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


class Film:
    """A thing that looks: it keeps the samples for fixed noise as training goes on, and shows them live.

    Args:
        draw: makes the images to be watched, as in ``lambda game: game.sample(z)``.
        live: update one picture in the notebook after every look.
        columns: images in a row.
    """

    def __init__(self, draw, *, live: bool = True, columns: int = 10):
        self.draw, self.live, self.columns = draw, live, columns
        self.frames: list[Tensor] = []  # (n, c, h, w) each, on the CPU
        self.rounds: list[int] = []
        self._handle = None

    def __call__(self, game) -> None:
        self.frames.append(self.draw(game).cpu())
        self.rounds.append(game.played)
        if self.live:
            self._show(f"after {game.played} rounds")

    def _show(self, title: str) -> None:
        from IPython.display import display

        figure = grid(self.frames[-1], self.columns, title).figure
        plt.close(figure)
        if self._handle is None:
            self._handle = display(figure, display_id=True)
        elif self._handle is not None:
            self._handle.update(figure)

    def strip(self, chosen: int = 8, steps: int = 8) -> Axes:
        """The first `chosen` images over time: one row for each, `steps` moments from left to right."""
        moments = torch.linspace(0, len(self.frames) - 1, min(steps, len(self.frames))).round().long().tolist()
        images = torch.stack([self.frames[m][:chosen] for m in moments], dim=1)  # (chosen, steps, c, h, w)
        ax = grid(images.flatten(0, 1), columns=len(moments), title=" ")
        step = (images.shape[-1] + 2) * np.arange(len(moments)) + images.shape[-1] / 2 + 2
        for x, moment in zip(step, moments, strict=True):
            caption = f"{self.rounds[moment]}" if moment else f"round {self.rounds[moment]}"
            ax.text(x, -3, caption, ha="center", va="bottom", fontsize=8)
        return ax


def table(rows: dict[str, dict[str, float]], digits: int = 3):
    """Rows of figures as a table that reads in a notebook, in the book and in a terminal.

    Args:
        rows: by caption; a figure that a row lacks is left empty.
    """
    columns = list(dict.fromkeys(key for row in rows.values() for key in row))
    return Table(
        [["", *columns]] + [[name, *(cell(row.get(c), digits) for c in columns)] for name, row in rows.items()]
    )


def cell(value: float | None, digits: int) -> str:
    """One figure as text: whole numbers as they are, others with `digits` significant places."""
    if value is None:
        return ""
    if isinstance(value, int | str):
        return str(value)
    return f"{value:.{digits}f}" if abs(value) < 100 else f"{value:.0f}"


class Table:
    """A header and rows of text, drawn as HTML or as aligned text."""

    def __init__(self, lines: list[list[str]]):
        self.lines = lines

    def __repr__(self) -> str:
        widths = [max(len(line[i]) for line in self.lines) for i in range(len(self.lines[0]))]
        return "\n".join(
            "  ".join([line[0].ljust(widths[0])] + [t.rjust(w) for t, w in zip(line[1:], widths[1:], strict=True)])
            for line in self.lines
        )

    def _repr_html_(self) -> str:
        def row(line: list[str], tag: str) -> str:
            first = f'<th scope="row" style="text-align:left">{line[0]}</th>'
            return "<tr>" + first + "".join(f'<{tag} style="text-align:right">{t}</{tag}>' for t in line[1:]) + "</tr>"

        body = "".join(row(line, "td") for line in self.lines[1:])
        return f'<table class="table"><thead>{row(self.lines[0], "th")}</thead><tbody>{body}</tbody></table>'


def heat(pictures: Tensor, maps: Tensor, titles: list[str], centre: tuple[float, float], limit: float | None = None):
    """Pictures above, their logit maps over them below: blue where the critic says real, red where it says fake.

    Each logit is drawn at the centre of the square that it sees; below each map stands its mean.

    Args:
        pictures: (n, 3, h, w) in [-1, 1].
        maps: (n, 1, h', w') logits.
        titles: one for each picture.
        centre: the middle of the first logit's square, in pixels, and the step to the next one's.
        limit: the logit with the fullest colour; by default the largest size in the maps.

    Returns:
        the figure.
    """
    n, (first, step), maps = len(pictures), centre, maps.detach().float().cpu()
    limit = limit or float(maps.abs().max()) or 1.0
    figure, axes = plt.subplots(2, n, figsize=(1.6 * n + 0.8, 3.8), dpi=90, layout="constrained", squeeze=False)
    for i, (above, below) in enumerate(axes.T):
        picture = ((pictures[i].detach().float().cpu().clamp(-1, 1) + 1) / 2).permute(1, 2, 0).numpy()
        rows, columns = maps.shape[-2:]
        edges = [first - step / 2, first + step * (columns - 0.5), first + step * (rows - 0.5), first - step / 2]
        above.imshow(picture, interpolation="nearest")
        below.imshow(picture.mean(2), cmap="gray", vmin=0, vmax=1)
        drawn = below.imshow(maps[i, 0].numpy(), cmap="RdBu", vmin=-limit, vmax=limit, alpha=0.6, extent=edges)
        above.set_title(titles[i], fontsize=10)
        below.set_title(f"mean {maps[i].mean():+.2f}", fontsize=10, y=-0.2)
        for ax in (above, below):
            ax.set(xlim=(-0.5, picture.shape[1] - 0.5), ylim=(picture.shape[0] - 0.5, -0.5))
            ax.set_axis_off()
    figure.colorbar(drawn, ax=axes[1].tolist(), label="fake       real", fraction=0.05)
    return figure


def rows(pictures: dict[str, Tensor], scale: float = 1.0) -> Axes:
    """One row of pictures for each entry, with its caption at the left.

    Args:
        pictures: by caption, each (n, 3, h, w) in [-1, 1], all of one shape.
        scale: inches for each picture.

    Raises:
        ValueError: the shapes differ.
    """
    shapes = {tuple(some.shape) for some in pictures.values()}
    if len(shapes) != 1:
        raise ValueError(f"rows of {', '.join(map(str, sorted(shapes)))}: all must have the same shape")
    n, _, h, _ = shapes.pop()
    figure, ax = plt.subplots(figsize=(n * scale + 1.0, len(pictures) * scale), layout="tight")
    grid(torch.cat([some.detach().cpu() for some in pictures.values()]), columns=n, ax=ax)
    for i, caption in enumerate(pictures):
        middle = 2 + h / 2 + i * (h + 2)
        ax.text(-4, middle, caption, ha="right", va="center", fontsize=9)
    return ax


class LargeFilm(Film):
    """A film of pictures that need more room than digits.

    Args:
        draw, live, columns: see :class:`Film`.
        scale: inches for each picture.
    """

    def __init__(self, draw, *, scale: float = 1.0, live: bool = True, columns: int = 8):
        super().__init__(draw, live=live, columns=columns)
        self.scale = scale

    def _show(self, title: str) -> None:
        from IPython.display import display

        figure = grid(self.frames[-1], self.columns, title, scale=self.scale).figure
        plt.close(figure)
        if self._handle is None:
            self._handle = display(figure, display_id=True)
        else:
            self._handle.update(figure)

    def strip(self, chosen: int = 8, steps: int = 8) -> Axes:
        """The first `chosen` pictures over time; see :meth:`Film.strip`."""
        ax = super().strip(chosen, steps)
        ax.figure.set_size_inches(ax.figure.get_size_inches() * self.scale / 0.55)
        return ax
