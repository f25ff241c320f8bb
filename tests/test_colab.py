"""As on Colab: torch is there before, the course comes as a wheel, and a notebook comes alone."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import nbformat
import pytest

from tools.stamp import ROOT

OURS = ("gancourse", "__editable__")  # what the environment of the tests has of the course
NOT_ON_COLAB = ("torchmetrics", "lightning_utilities")
NOWHERE = "http://127.0.0.1:9"  # a proxy that does not answer: nothing can be downloaded
PROBE = """
import sys, gancourse, torch
print("PROBE", gancourse.__file__, torch.__file__, sys.prefix, sep="\\n")
"""
RUN = """
import sys, nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(book, timeout=300, kernel_name="python3").execute()
nbformat.write(book, sys.argv[1])
"""


def run(*command: str | Path, **how) -> subprocess.CompletedProcess:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, **how)


def expect(done: subprocess.CompletedProcess) -> str:
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel of the repository, built from a copy, so that nothing is left here and nothing old gets in."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "gancourse", source / "gancourse", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "wheel", "--no-index", "--no-deps", "--no-build-isolation"]
    expect(run(*pip, "--wheel-dir", out, source))
    return next(out.glob("gancourse-*.whl"))


def environment(folder: Path, without: tuple[str, ...]) -> Path:
    """A new environment in which all that the tests have is there already, pip too, but for `without`. Gives its
    Python."""
    expect(run(sys.executable, "-m", "venv", "--without-pip", folder / "env"))
    python = next(path for path in (folder / "env/bin/python", folder / "env/Scripts/python.exe") if path.exists())
    before = folder / "before"
    before.mkdir()
    for site in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for part in Path(site).iterdir():
            if not part.name.startswith(without) and part.suffix != ".pth":
                link(before / part.name, part)
    mine = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    (Path(mine) / "before.pth").write_text(f"{before}\n")
    return python


def link(path: Path, target: Path) -> None:
    try:
        path.symlink_to(target)
    except OSError as error:
        pytest.skip(f"symbolic links cannot be made here ({error})")


def lonely(folder: Path) -> dict[str, str]:
    """Variables with nothing of the repository, of data, of a cache or of a network."""
    foreign = ("GANCOURSE_", "JUPYTER", "IPYTHON", "PYTHON", "PYTEST", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    kept = {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")}
    places = {name: str(folder / name) for name in ("GANCOURSE_CACHE", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    return kept | places | {"GANCOURSE_SCALE": "smoke", "http_proxy": NOWHERE, "https_proxy": NOWHERE}


def test_the_wheel_holds_every_file_of_the_library(wheel):
    files = [path for path in (ROOT / "gancourse").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert inside == {path.relative_to(ROOT).as_posix() for path in files}


def test_a_notebook_alone_runs_from_top_to_bottom(wheel, tmp_path):
    python = environment(tmp_path, OURS)
    expect(run(python, "-m", "pip", "install", "--no-index", "--no-deps", wheel))
    (tmp_path / "content").mkdir()
    book = tmp_path / "content" / "01_gan.ipynb"
    with_probe(ROOT / "notebooks" / book.name, book)
    expect(run(python, "-c", RUN, book, cwd=book.parent, env=lonely(tmp_path)))
    cells = [cell for cell in nbformat.read(book, 4).cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells) and "digits (1800, 1, 28, 28) train" in said(cells)
    ours, torch, prefix = map(Path, said(cells[-1:]).split("PROBE\n")[1].split())
    assert prefix.samefile(tmp_path / "env") and ours.is_relative_to(prefix) and not ours.is_relative_to(ROOT)
    assert torch.is_relative_to(tmp_path / "before")  # the one that was there
    assert [path.name for path in book.parent.iterdir()] == [book.name]


def with_probe(path: Path, target: Path) -> None:
    """A copy of a notebook without its outputs, that says at its end where the library came from."""
    book = nbformat.read(path, 4)
    book.cells.append(nbformat.v4.new_code_cell(PROBE))
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(book, target)


def said(cells: list) -> str:
    return "".join(output.get("text", "") for cell in cells for output in cell.outputs)


def test_torch_as_it_is_there_is_kept(wheel, tmp_path):
    """Colab lacks torchmetrics, which needs torch itself: only what is missing comes."""
    python = environment(tmp_path, OURS + NOT_ON_COLAB)
    dry = [python, "-m", "pip", "install", "--dry-run", "--quiet", "--report", tmp_path / "report.json"]
    if run(*dry, "--no-deps", "torchmetrics").returncode:
        pytest.skip("pip reaches no package index from here")
    expect(run(*dry, wheel))
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    names = {part["metadata"]["name"].lower().replace("_", "-") for part in report["install"]}
    assert names == {"gancourse", "torchmetrics", "lightning-utilities"}
