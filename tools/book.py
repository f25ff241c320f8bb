"""Build the website from the outputs stored in the notebooks, with every warning an error.

python -m tools.book              into _build/html
python -m tools.book FOLDER       from the copy of the course in FOLDER, into FOLDER/_build/html
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.stamp import ROOT

PARTS = ("book", "notebooks", "gancourse", "benchmarks", "experiments")  # pages show code and tables
LEFT_OUT = shutil.ignore_patterns("runs", "progress.json", "__pycache__", ".ipynb_checkpoints")


def copy(target: Path) -> None:
    """Copy what the book is made of into a folder, from which it can be built."""
    for part in PARTS:
        shutil.copytree(ROOT / part, target / part, ignore=LEFT_OUT)
    shutil.copy(ROOT / "_config.yml", target)


def build(source: Path) -> Path:
    """Run Jupyter Book on `source` and return the first page. Exits with its log if there is a warning."""
    program = shutil.which("jupyter-book", path=Path(sys.executable).parent)
    if program is None:
        sys.exit("jupyter-book is not installed here: pip install -r requirements.txt")
    command = [program, "build", ".", "--toc", "book/_toc.yml", "-W", "-n", "--keep-going"]
    speak = {"encoding": "utf-8", "errors": "replace", "env": os.environ | {"PYTHONUTF8": "1"}}
    done = subprocess.run(command, cwd=source, capture_output=True, **speak)
    if done.returncode:
        print(done.stdout[-6000:] + done.stderr[-6000:], file=sys.stderr)
        sys.exit("The book has warnings (above); it was not finished.")
    return source / "_build" / "html" / "index.html"


def main() -> None:
    page = build(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT)
    print(f"The book is built: {page}")


if __name__ == "__main__":
    main()
