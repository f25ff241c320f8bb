"""The whole course on this machine: run the core notebooks, build the website from the results, say what they scored.

Results go to _build/course; the notebooks themselves are left as they are. A notebook that fails is named, and the
others go on.
"""

import shutil
import sys
from pathlib import Path

from nbclient.exceptions import CellExecutionError

from gancourse.scale import scale
from tools import book, notebooks
from tools.stamp import ROOT

TARGET = ROOT / "_build" / "course"


def prepare() -> list[Path]:
    """Copy what the book is made of to TARGET; return the notebooks to run."""
    shutil.rmtree(TARGET, ignore_errors=True)
    book.copy(TARGET)
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def main() -> int:
    sys.stdout.reconfigure(errors="replace")  # consoles that cannot draw a progress bar
    paths = prepare()
    print(f"Running {len(paths)} notebooks at the scale “{scale()}” (GANCOURSE_SCALE changes it).", flush=True)
    failed = []
    for path in paths:
        try:
            notebooks.run(path, TARGET / "notebooks" / path.name, solve=False)
        except (CellExecutionError, RuntimeError) as error:  # the kernel may have died: out of memory, say
            failed.append(path.name)
            print(f"\n{path.name} stopped:\n{error}", file=sys.stderr)
    for name, text in notebooks.scores(TARGET / "notebooks").items():
        print(f"\n{name}\n{text}")
    page = book.build(TARGET)
    print(f"\nThe website is at {page}\nOpen it in a browser; `make lab` opens the notebooks.")
    if failed:
        print(f"Stopped before their end, and shown with their stored results: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
