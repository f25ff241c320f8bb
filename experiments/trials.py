"""Rows of a table, each trained over several seeds and kept with a stamp of what made it.

What is done already and still holds is not run again, so a run that was cut off goes on where it was.
"""

import argparse
import inspect
import json
import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from gancourse.data.digits import NotHere
from gancourse.files import written
from gancourse.plots import table
from gancourse.results import load, median
from gancourse.scale import scale
from tools import stamp

OTHERS = stamp.ROOT / "_build"  # results at other scales than "laptop", not committed
ONLY_LOOKING = (["plots"], ["widgets"], ["check"])  # parts of the library that cannot change a training


@dataclass(frozen=True)
class Row:
    """One result: how it is made, from whatever data, what the median over its seeds must reach, in how many rounds if
    the recipe does not say, and in which precision, whatever the hardware likes."""

    make: Callable
    data: str = ""
    at_least: dict[str, float] = field(default_factory=dict)
    at_most: dict[str, float] = field(default_factory=dict)
    rounds: int = 0
    precision: str = "fp32"

    def missed(self, figures: dict[str, float]) -> list[str]:
        low = [f"{k} {figures[k]:.3f} < {v}" for k, v in self.at_least.items() if figures[k] < v]
        return low + [f"{k} {figures[k]:.3f} > {v}" for k, v in self.at_most.items() if figures[k] > v]


@dataclass(frozen=True)
class Trials:
    """An experiment.

    Args:
        path: of its results at laptop scale, a JSON that is committed.
        rows: by name.
        play: one training, ``play(row, seed)`` -> figures by name. An entry "opening", the losses of the first
            rounds, is kept beside them: it tells whether code that was changed still plays the same game.
        measured_by: changes when the way of measuring does; one for all rows, or one for each `data`.
        seeds: of the trainings of each row.
        opening: the first rounds of a training again, ``opening(row, seed, rounds)`` -> losses, if that can be asked.
    """

    path: Path
    rows: dict[str, Row]
    play: Callable[[Row, int], dict]
    measured_by: str | dict[str, str]
    seeds: tuple[int, ...] = (0, 1, 2)
    opening: Callable[[Row, int, int], dict[str, list[float]]] | None = None

    def results_file(self) -> Path:
        return self.path if scale() == "laptop" else OTHERS / f"{self.path.stem}-{scale()}.json"

    def made_by(self, name: str) -> dict:
        """The stamp of a training of this row: the code, the settings here, the versions, the hardware, the day."""
        modules = [m for m in sys.modules if m.startswith("gancourse") and m.split(".")[1:2] not in ONLY_LOOKING]
        script = Path(inspect.getfile(self.opening or self.play)).read_text("utf-8")
        return {
            "library": stamp.reached([script], {file: stamp.read(file) for file in stamp.used_files(modules)}),
            "measured by": self.measured(name),
            "scale": scale(),
            "precision": self.rows[name].precision,
            "hardware": stamp.hardware(),
            "versions": stamp.versions(),
            "date": date.today().isoformat(),
        }

    def measured(self, name: str) -> str:
        """How this row is measured."""
        return self.measured_by if isinstance(self.measured_by, str) else self.measured_by[self.rows[name].data]

    def holds(self, name: str, kept: dict | None) -> bool:
        """Whether a kept training of this row was made by the code as it stands, at the scale in force."""
        if kept is None:
            return False
        made = kept["stamp"]
        same = made["scale"] == scale() and made["measured by"] == self.measured(name)
        same &= made.get("precision", "fp32") == self.rows[name].precision
        return same and not stamp.changed(made["library"])

    def run(self, name: str) -> None:
        """Train what is missing of one row; each training is kept as soon as it is done."""
        path = self.results_file()
        os.environ["GANCOURSE_PRECISION"] = self.rows[name].precision
        for seed in self.seeds:
            if self.holds(name, load(path).get(name, {}).get(str(seed))):
                continue
            print(f"{name}, seed {seed}", flush=True)
            made = self.made_by(name)  # before the training: files may change while it goes on
            figures = self.play(self.rows[name], seed)
            self.keep(name, str(seed), {"opening": figures.pop("opening", {}), "figures": figures, "stamp": made})

    def confirm(self, name: str) -> None:
        """Give a new stamp to those trainings of a row whose first rounds, played again, end in the same losses.

        Code that was rewritten and still plays the same game, but for rounding, need not be trained with again. What
        is measured afterwards is not covered: where that changed, `measured_by` did.
        """
        os.environ["GANCOURSE_PRECISION"] = self.rows[name].precision
        for seed, kept in load(self.results_file()).get(name, {}).items():
            by_others = kept | {"stamp": kept["stamp"] | {"library": {}}}
            if self.holds(name, kept) or not self.holds(name, by_others):
                continue
            made, before = self.made_by(name), kept["opening"]
            now = self.opening(self.rows[name], int(seed), max(map(len, before.values()), default=1))
            found = likeness(before, now)
            print(f"{name}, seed {seed}: the first rounds are {found}", flush=True)
            if found != OTHER:
                stamped = kept["stamp"] | {"library": made["library"], "confirmed": made["date"]}
                self.keep(name, seed, kept | {"stamp": stamped})

    def keep(self, name: str, seed: str, kept: dict) -> None:
        """Write one training; another row may have been written in the meantime."""
        path = self.results_file()
        results = load(path)
        results.setdefault(name, {})[seed] = kept
        with written(path) as partial:
            partial.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", "utf-8")

    def report(self, names: list[str]) -> list[str]:
        """Print every seed and the median of each row; return what was missed."""
        lines, missed = {}, []
        for name in names:
            kept = load(self.results_file())[name]
            lines |= {f"{name}, seed {seed}": run["figures"] for seed, run in kept.items()}
            lines[f"{name}, median"] = median(kept)
            missed += [f"{name}: {what}" for what in self.rows[name].missed(median(kept))]
        print(table(lines))
        return missed

    def main(self, doc: str, arguments: list[str] | None = None) -> int:
        """Run the rows named on the command line, or all; 1 if a gate is missed at laptop scale or above."""
        parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("rows", nargs="*", help=f"of {', '.join(self.rows)} (default: all)")
        if self.opening:
            again = "where code changed, play the first rounds again and keep the results if they are the same"
            parser.add_argument("--confirm", action="store_true", help=again)
        args = parser.parse_args(arguments)
        names = args.rows or list(self.rows)
        if unknown := [name for name in names if name not in self.rows]:
            parser.error(f"there is no row {unknown[0]!r}: choose from {', '.join(self.rows)}")
        skipped = []
        for name in names if getattr(args, "confirm", False) else ():
            self.confirm(name)
        for name in names:
            try:
                self.run(name)
            except NotHere as error:
                skipped.append(f"{name}: {error}")
        missed = skipped + self.report([name for name in names if name in load(self.results_file())])
        if scale() == "smoke":
            asked = "At smoke scale the gates are not asked: this run shows only that everything works."
            print("\n".join([*skipped, asked]))
            return 0
        print("\n".join(f"MISSED {line}" for line in missed) or "All gates are met.")
        return int(bool(missed))


SAME, ROUNDED, OTHER = "the same", "the same but for rounding", "others"


def likeness(before: dict[str, list[float]], now: dict[str, list[float]]) -> str:
    """How near the losses of first rounds are to those of another time.

    Sums in another order differ in the last bits, and a game makes more of it from round to round: so the first three
    are asked, and by a part in ten thousand. Another loss shows in the first, another step in the second.
    """
    if now == before:
        return SAME
    if not before or set(now) != set(before):
        return OTHER
    near = [
        math.isclose(a, b, rel_tol=1e-4) for name in before for a, b in zip(before[name][:3], now[name], strict=False)
    ]
    return ROUNDED if all(near) else OTHER
