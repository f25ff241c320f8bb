"""Run notebooks from the top in a fresh kernel, show what they print as they go, and stamp the result.

When a notebook has come to its end, the solutions that it prints are put into their cells and run as well: each check
must accept its own, and what an experiment prints is shown with its solution. Of these cells nothing else is stored.

python -m tools.notebooks run notebooks/01_gan.ipynb            stores the outputs in the notebook itself
python -m tools.notebooks run --into FOLDER notebooks/*.ipynb   leaves the notebooks alone, writes copies
python -m tools.notebooks scores FOLDER                         what the notebooks there scored
python -m tools.notebooks stale                                 names stored results that no longer hold
python -m tools.notebooks confirm BEFORE notebooks/*.ipynb      stamps them anew if nothing changed but the code

BEFORE is a checkout of the commit that stored the results. A notebook is confirmed if it shows the same there and here
at smoke scale, cell by cell: pictures to the last byte, words but for times.
"""

import argparse
import base64
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

from gancourse.files import written
from tools.solutions import expect_right, said, show_printed, solved
from tools.stamp import ROOT, cells_hash, changed, plain, reached, used_files, whole_library

PROBE = """
import json, sys
from gancourse.scale import scale
from tools import stamp
print(json.dumps({"modules": [m for m in sys.modules if m.startswith("gancourse")], "scale": scale(),
                  "megabytes": stamp.peak_megabytes(),
                  "hardware": stamp.hardware(), "versions": stamp.versions()}))
"""


class Loud(NotebookClient):
    """A client that repeats on the terminal what cells print, while they print it."""

    def output(self, outs, msg, display_id, cell_index):
        if msg["msg_type"] == "stream" and self.nb.cells[cell_index].source != PROBE:
            sys.stdout.write(msg["content"]["text"])
            sys.stdout.flush()
        return super().output(outs, msg, display_id, cell_index)


def run(path: Path, target: Path, solve: bool = True) -> None:
    """Run one notebook, and its solutions behind it, and write it with its outputs and stamp to `target`. A cell that
    raises ends the run.

    Raises:
        CellExecutionError: a cell raised.
        RuntimeError: the kernel died, or a check does not accept the solution that the notebook prints.
    """
    book = nbformat.read(path, as_version=4)
    cells, library, solutions = code_of(book), whole_library(), solved(book) if solve else []
    for cell in book.cells:
        cell.metadata.pop("execution", None)
    book.cells += [nbformat.v4.new_code_cell(code) for code in (PROBE, *(one.code for one in solutions))]
    minutes = execute(book, path)
    texts = [said(cell.outputs) for cell in book.cells[len(book.cells) - len(solutions) :]]
    del book.cells[len(book.cells) - len(solutions) :]
    for solution, text in zip(solutions, texts, strict=True):
        show_printed(book.cells[solution.text_cell], text)
    probe = json.loads(book.cells.pop().outputs[0].text)
    book.metadata["gancourse"] = {
        "code": code_hash_of(book),
        "library": reached([plain(cells)], {file: library[file] for file in used_files(probe.pop("modules"))}),
        "minutes": round(minutes, 1),
        "date": date.today().isoformat(),
        **probe,
    }
    clean(book)
    show_stamp(book)
    with written(target) as partial:
        nbformat.write(book, partial)
    for solution, text in zip(solutions, texts, strict=True):
        expect_right(solution, text)


def execute(book, path: Path) -> float:
    """Run all cells, and return the minutes that it took up to the probe. The student's record stays as it is."""
    began = {}

    def begin(cell, cell_index):
        began[cell.source] = time.monotonic()
        announce(path, book, cell, cell_index)

    client = Loud(book, timeout=None, resources={"metadata": {"path": str(path.parent)}}, coalesce_streams=True)
    client.on_cell_execute, start = begin, time.monotonic()
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    with tempfile.TemporaryDirectory() as record:
        client.execute(env=os.environ | {"PYTHONPATH": paths, "GANCOURSE_PROGRESS": record})
    return (began[PROBE] - start) / 60


def announce(path: Path, book, cell, index: int) -> None:
    if cell.cell_type == "code" and cell.source != PROBE:
        first = next((line for line in cell.source.splitlines() if line.strip()), "")
        print(f"[{path.stem} {index + 1}/{len(book.cells)}] {first[:90]}", flush=True)


def code_of(book) -> list[str]:
    return [cell.source for cell in book.cells if cell.cell_type == "code"]


def code_hash_of(book) -> str:
    """Hash of all that is run: the code cells, and the solutions that are printed."""
    return cells_hash(code_of(book) + [one.code for one in solved(book)])


def clean(book) -> None:
    """Drop what cannot work in a stored page: live widgets, their state, and when each cell ran."""
    book.metadata.pop("widgets", None)
    for cell in book.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [
                o for o in cell.outputs if "application/vnd.jupyter.widget-view+json" not in o.get("data", {})
            ]
            for output in cell.outputs:
                lighten(output.get("data", {}))


def lighten(data: dict) -> None:
    """Store figures and sliders full of photos as JPEG where that saves much, as notebooks stay below 1 MB."""
    if jpeg := as_jpeg(data.get("image/png", "")):
        del data["image/png"]
        data["image/jpeg"] = jpeg
    if "text/html" in data:
        data["text/html"] = SPRITE.sub(
            lambda m: f"data:image/jpeg;base64,{found}" if (found := as_jpeg(m[1], 85)) else m[0], data["text/html"]
        )


SPRITE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")


def as_jpeg(png: str, quality: int = 70) -> str | None:
    """A PNG in base64 as JPEG in base64, or None if it is small anyway or would hardly gain."""
    pixels = base64.b64decode(png)
    if len(pixels) < 50_000:
        return None
    file = io.BytesIO()
    Image.open(io.BytesIO(pixels)).convert("RGB").save(file, "JPEG", quality=quality, subsampling=0, optimize=True)
    return base64.b64encode(file.getvalue()).decode() if file.tell() < 0.8 * len(pixels) else None


def show_stamp(book) -> None:
    """Write the measured time and memory into the line that the first cell keeps for it."""
    s = book.metadata["gancourse"]
    cost = f"{s['minutes']} minutes, {s['megabytes'] / 1000:.1f} GB of memory"
    line = f"Measured: {cost}, at the scale “{s['scale']}”, on {s['hardware']}."
    cell = book.cells[0]
    cell.source = re.sub(r"(<!-- stamp -->).*(<!-- /stamp -->)", rf"\g<1>{line}\g<2>", cell.source, flags=re.DOTALL)


def scores(folder: Path) -> dict[str, str]:
    """What the cells tagged "score" printed, by notebook."""
    found = {}
    for path in sorted(folder.glob("*.ipynb")):
        book = nbformat.read(path, as_version=4)
        tagged = [cell for cell in book.cells if "score" in cell.metadata.get("tags", [])]
        texts = [
            o.get("text") or o.data["text/plain"] for cell in tagged for o in cell.outputs if o.output_type != "error"
        ]
        found[path.stem] = "\n".join(t.strip() for t in texts)
    return found


def stale(folder: Path) -> list[str]:
    """One line for each notebook whose stored outputs were not made by the code as it stands."""
    lines = []
    for path in sorted(folder.glob("*.ipynb")):
        book = nbformat.read(path, as_version=4)
        stamp = book.metadata.get("gancourse")
        if stamp is None:
            lines.append(f"{path.name} has no stored outputs: make notebooks")
        elif stamp["code"] != code_hash_of(book):
            lines.append(f"{path.name}: its code cells changed since its outputs were stored")
        elif moved := changed(stamp["library"]):
            lines.append(f"{path.name}: {', '.join(moved)} changed since its outputs were stored")
    return lines


def confirm(path: Path, before: Path) -> list[str]:
    """Stamp a notebook anew if at smoke scale it shows the same by the code before and by the code as it stands; else
    return where it does not."""
    old, new = before / "notebooks" / path.name, path.resolve()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as both:
        ran = list(both.map(at_smoke_scale, (old, new), (Path(folder, "old.ipynb"), Path(folder, "new.ipynb"))))
    pairs = list(zip(*(map(shown, book.cells) for book in ran), strict=True))
    if unlike := [ran[1].cells[i].source for i, (one, other) in enumerate(pairs) if one != other]:
        return unlike
    book, now = nbformat.read(path, as_version=4), ran[1].metadata["gancourse"]
    book.metadata["gancourse"] |= {name: now[name] for name in ("code", "library")} | {"confirmed": now["date"]}
    with written(path) as partial:
        nbformat.write(book, partial)
    return []


def at_smoke_scale(path: Path, target: Path):
    """A notebook as the code beside it runs it at smoke scale."""
    root = path.parent.parent
    code = f"from pathlib import Path; from tools.notebooks import run; run(Path({str(path)!r}), Path({str(target)!r}))"
    how = os.environ | {"GANCOURSE_SCALE": "smoke", "PYTHONPATH": str(root)}
    subprocess.run([sys.executable, "-c", code], cwd=root, env=how, check=True, stdout=subprocess.DEVNULL)
    return nbformat.read(target, as_version=4)


def shown(cell) -> list[str]:
    """What a cell shows: its pictures, and its words without times, progress bars and the names of sliders."""
    if cell.cell_type != "code":
        return []
    parts = [o.get("data") or {"text": o.get("text", "")} for o in cell.outputs]
    values = [str(value).splitlines() for part in parts for _, value in sorted(part.items())]
    return [CHANCE.sub("", "\n".join(line for line in lines if "rounds/s" not in line)) for lines in values]


CHANCE = re.compile(r"\b\d+(\.\d+)? (seconds?|minutes?|hours?|ms|s|GB)\b|\b(scrub|field)[0-9a-f]{8}")


def main() -> int:
    sys.stdout.reconfigure(errors="replace")  # consoles that cannot draw a progress bar
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    runs = commands.add_parser("run")
    runs.add_argument("notebooks", nargs="+", type=Path)
    runs.add_argument("--into", type=Path, help="write copies with outputs into this folder")
    commands.add_parser("scores").add_argument("folder", type=Path)
    commands.add_parser("stale")
    again = commands.add_parser("confirm")
    again.add_argument("before", type=Path)
    again.add_argument("notebooks", nargs="+", type=Path)
    args = parser.parse_args()
    if args.command == "run":
        for path in args.notebooks:
            try:
                run(path, (args.into / path.name) if args.into else path)
            except (CellExecutionError, RuntimeError) as error:
                print(f"\n{path} stopped:\n{error}", file=sys.stderr)
                return 1
    elif args.command == "confirm":
        unlike = {path.name: confirm(path, args.before.resolve()) for path in args.notebooks}
        for name, cells in unlike.items():
            print(f"{name}: {'confirmed' if not cells else 'these cells show something else:'}", *cells, sep="\n\n")
        return int(any(unlike.values()))
    elif args.command == "scores":
        for name, text in scores(args.folder).items():
            print(f"\n{name}\n{text}")
    else:
        lines = stale(ROOT / "notebooks")
        print("\n".join(lines) or "All stored outputs were made by the code as it stands.")
        return int(bool(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
