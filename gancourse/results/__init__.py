"""Figures of trainings that take too long for a notebook: made by the scripts under experiments/, shown by notebooks.

Each file holds every seed of every row, with settings, versions, hardware, date, and a stamp of the code that made it.
"""

import json
import statistics
from pathlib import Path

FOLDER = Path(__file__).parent
Kept = dict[str, dict[str, dict]]  # {row: {seed: {"figures": {...}, "stamp": {...}}}}


def load(path: Path) -> Kept:
    """All that is kept in a file, or nothing if there is no such file."""
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def median(seeds: dict[str, dict]) -> dict[str, float]:
    """Each figure's median over the seeds of one row."""
    runs = [run["figures"] for run in seeds.values()]
    return {key: statistics.median(figures[key] for figures in runs) for key in runs[0]}


def intervals(name: str, rows: dict[str, str], figures: dict[str, str]) -> dict[str, dict[str, str]]:
    """A table for :func:`gancourse.plots.table`: medians, each with the lowest and the highest seed.

    Args:
        name: of the file, as in "pix2pix".
        rows: captions of the rows to show, by their names in the file.
        figures: captions of the figures to show, by their names in the file.

    Raises:
        ValueError: the file has no such row.
    """
    kept, shown = load(FOLDER / f"{name}.json"), {}
    for row, caption in rows.items():
        if row not in kept:
            raise ValueError(f"{name}.json has no row {row!r}: it has {', '.join(kept) or 'none'}")
        runs = [run["figures"] for run in kept[row].values()]
        shown[caption] = {title: span([figures[key] for figures in runs]) for key, title in figures.items()}
    return shown


def span(values: list[float]) -> str:
    """The median with the lowest and the highest, as text."""
    low, middle, high = (f"{v:.2f}" for v in (min(values), statistics.median(values), max(values)))
    return f"{middle} ({low} to {high})"
