"""The frame: one address, one direction of imports, stored results that hold, nothing of one machine."""

import ast
import base64
import io
import re
import subprocess
import tomllib
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

from tools import notebooks, stamp

ROOT = stamp.ROOT
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ADDRESS, BOOK = PROJECT["urls"]["Repository"], PROJECT["urls"]["Book"]
BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def tracked() -> list[Path]:
    """The files that are committed or about to be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


def test_the_repository_has_one_address():
    """Every address on the same host names this repository, wherever it is written."""
    owner = ADDRESS.removeprefix("https://github.com/")
    ours = re.compile(r"github\.com/(?:blob/)?([\w.-]*gancourse[\w.-]*/[\w-]+)|/github/([\w.-]+/[\w-]+)")
    for path in tracked():
        if path.suffix not in (".md", ".ipynb", ".yml", ".toml", ".cff", ".py"):
            continue
        for found in ours.finditer(path.read_text("utf-8")):
            assert (found[1] or found[2]) == owner, f"{path.name}: {found[0]}"


def test_config_badges_and_set_up_cells_use_it():
    assert ADDRESS in (ROOT / "_config.yml").read_text("utf-8") and BOOK in (ROOT / "_config.yml").read_text("utf-8")
    assert ADDRESS in (ROOT / "README.md").read_text("utf-8") and ADDRESS in (ROOT / "CITATION.cff").read_text("utf-8")
    for path in BOOKS:
        cells = nbformat.read(path, 4).cells
        badge = f"https://colab.research.google.com/github/{ADDRESS.removeprefix('https://github.com/')}/blob/main/notebooks/{path.name}"
        assert badge in cells[0].source, path.name
        setup = next(cell.source for cell in cells if cell.cell_type == "code")
        assert f'%pip install -q "gancourse @ git+{ADDRESS}"' in setup and len(setup.splitlines()) <= 8, path.name


LAYERS = {  # who may import whom, inside the library
    "files": {"weights"}, "scale": set(), "losses": set(), "precision": set(), "schedules": set(), "home": set(),
    "workers": set(), "noise": {"workers"}, "loop": set(), "memory": set(),
    "game": {"loop", "memory", "precision", "recorded", "running_mean", "schedules", "steps", "weights",
             "workers"},
    "running_mean": set(), "steps": set(),
    "recorded": {"game", "workers"},  # of "game" the name of the class only, for annotations
    "networks": {"noise", "workers"},
    "data": {"files"},
    "games": {"networks", "losses", "data", "game", "noise", "schedules"},
    "weights": set(), "checkpoint": {"files", "game", "steps", "weights"},
    "keeping": {"checkpoint", "files", "game", "home", "workers"},
    "plots": set(), "widgets": {"plots"},
    "metrics": {"data", "files", "loop"},
    "segmenter": {"data", "files", "game", "games", "metrics", "scale", "schedules"},
    "hidden_truth": {"data", "segmenter"},
    "recipes": {"games", "losses", "networks", "data", "scale", "schedules", "workers"},
    "translate": {"data", "games", "networks"}, "generators": {"checkpoint", "data", "networks", "pretrained"},
    "export": {"files", "games", "networks", "translate"},
    "cli": {"checkpoint", "data", "export", "files", "game", "games", "generators", "hidden_truth", "keeping", "losses",
            "metrics", "plots", "precision", "pretrained", "recipes", "scale", "schedules", "segmenter", "translate",
            "workers"},
    "results": set(), "receptive": set(), "receptive_widget": {"networks", "plots", "receptive", "widgets"},
    "pretrained": {"files", "networks", "weights"}, "check": {"files", "home", "scale"},
}  # fmt: skip


def imported(path: Path) -> list[str]:
    """The parts of this library that a file imports, in whatever form: "plots" for gancourse.plots."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "gancourse":
            found += [f"gancourse.{name.name}" for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
    return [name.split(".")[1] for name in found if name.startswith("gancourse.")]


def test_imports_run_one_way():
    for path in (ROOT / "gancourse").rglob("*.py"):
        layer = path.relative_to(ROOT / "gancourse").parts[0].removesuffix(".py")
        if layer not in ("__init__", "__main__"):
            assert set(imported(path)) <= LAYERS[layer] | {layer}, path


@pytest.mark.parametrize("path", BOOKS, ids=lambda p: p.stem)
def test_a_notebook_has_the_anatomy(path):
    book = nbformat.read(path, 4)
    code = [c for c in book.cells if c.cell_type == "code"]
    shown = [c for c in code if "hide-input" not in c.metadata.get("tags", [])]  # cells that only plot are folded
    lengths = sorted(len([line for line in c.source.splitlines() if line.strip()]) for c in shown)
    body = [c for c in code if "check.ex" not in c.source]  # exercises come on top
    assert 15 <= len(body) <= 30 and lengths[len(lengths) // 2] <= 6 and lengths[-1] <= 25, lengths
    assert "What you will be able to do" in book.cells[0].source and "<!-- stamp -->" in book.cells[0].source
    for cell in code:
        if any({"image/png", "image/jpeg"} & set(o.get("data", {})) for o in cell.outputs):
            assert cell.metadata.get("mystnb", {}).get("image", {}).get("alt"), cell.source[:60]
    assert any("score" in c.metadata.get("tags", []) for c in code)


@pytest.mark.parametrize("path", BOOKS, ids=lambda p: p.stem)
def test_a_stored_notebook_is_whole_clean_and_small(path):
    book = nbformat.read(path, 4)
    code = [c for c in book.cells if c.cell_type == "code" and c.source.strip()]
    assert [c.execution_count for c in code] == list(range(1, len(code) + 1))
    text = "".join(str(c.outputs) for c in code)
    assert "'output_type': 'error'" not in text and "Warning" not in text
    assert not re.search(r"/(work|root|tmp|home)/\w", text) and "widgets" not in book.metadata
    assert path.stat().st_size < 1_000_000


def test_stored_results_were_made_by_the_code_as_it_stands():
    assert notebooks.stale(ROOT / "notebooks") == []


def test_nothing_of_one_machine_is_committed():
    for path in tracked():
        if path.suffix in (".py", ".md", ".yml", ".toml", ".json", ".ipynb", ".txt", ".cff") and path != Path(__file__):
            assert not re.search(r"/(work|root)/(main|shared|\.library|\.cache)", path.read_text("utf-8")), path


def test_code_hash_sees_code_and_not_layout():
    one = stamp.code_hash('def f(x):\n    """Doc."""\n    return x + 1  # comment\n')
    assert one == stamp.code_hash('def f(x):\n    """Other doc."""\n\n    return (x + 1)\n')
    assert one != stamp.code_hash('def f(x):\n    """Doc."""\n    return x + 2\n')
    assert stamp.code_hash("99") != stamp.code_hash("98") and stamp.code_hash("a = (b\n    % c)")
    assert stamp.cells_hash(["%pip install x\na = 1"]) == stamp.cells_hash(["%pip install y\na = 1"])
    assert stamp.cells_hash(["%env A=1"]) != stamp.cells_hash(["%env A=2"])


def test_a_stale_notebook_is_named(tmp_path):
    cell = nbformat.v4.new_code_cell("a = 1")
    book = nbformat.v4.new_notebook(cells=[cell])
    nbformat.write(book, tmp_path / "x.ipynb")
    assert "no stored outputs" in notebooks.stale(tmp_path)[0]
    losses = {"gancourse/losses.py": stamp.read("gancourse/losses.py")}
    library = stamp.reached(["d_logistic"], losses)
    book.metadata["gancourse"] = {"code": stamp.cells_hash(["a = 1"]), "library": library}
    nbformat.write(book, tmp_path / "x.ipynb")
    assert notebooks.stale(tmp_path) == []
    book.metadata["gancourse"]["library"] = {"gancourse/losses.py": "another"}
    nbformat.write(book, tmp_path / "x.ipynb")
    assert "gancourse/losses.py changed" in notebooks.stale(tmp_path)[0]
    book.cells[0].source = "a = 2"
    nbformat.write(book, tmp_path / "x.ipynb")
    assert "code cells changed" in notebooks.stale(tmp_path)[0]


LIBRARY = """
from a import b, c
LR = 1
OTHER = 2
def f():
    return helper(b)
def helper(x):
    return x * LR
def g():
    return c
if OTHER:
    h: int = 3
"""


def stays(old: str, new: str, roots=("f()",)) -> bool:
    """Whether a result of the code above holds after a change of it."""
    assert old in LIBRARY
    made = stamp.reached(list(roots), {"lib.py": LIBRARY})["lib.py"].split()
    return set(made) <= stamp.hashes(LIBRARY.replace(old, new))


def test_a_result_outlives_what_is_added_and_what_it_does_not_reach():
    assert stays("OTHER = 2", "OTHER = 2\nNEW = 4") and stays("return c", "return 2 * c") and stays(", c", ", d")


@pytest.mark.parametrize(
    "old, new", [("LR = 1", "LR = 3"), ("x * LR", "x + LR"), ("import b", "import d as b"), ("a import", "e import")]
)
def test_a_result_is_stale_after_a_change_of_what_it_reaches(old, new):
    assert not stays(old, new)


def test_conditions_and_what_they_mention_are_always_reached():
    assert not stays("int = 3", "int = 4", roots=["pass"]) and not stays("OTHER = 2", "OTHER = 5", roots=["pass"])
    assert stays("LR = 1", "LR = 3", roots=["pass"])
    assert not stays("return c", "return 2 * c", roots=["import lib\nlib.g()"])


@pytest.mark.parametrize("book, moves", [("01_gan", False), ("06_cyclegan", True)])
def test_a_stamp_follows_recipes_into_their_package(book, moves):
    cells = notebooks.code_of(nbformat.read(ROOT / "notebooks" / f"{book}.ipynb", 4))
    files = {f.relative_to(ROOT).as_posix(): f.read_text("utf-8") for f in (ROOT / "gancourse/recipes").glob("*.py")}
    of_chapter_6 = files["gancourse/recipes/unpaired.py"]
    assert (old := "forger(size, x, y), forger(size, y, x)") in of_chapter_6
    stamped = stamp.reached([stamp.plain(cells)], files).get("gancourse/recipes/unpaired.py", "").split()
    assert bool(set(stamped) - stamp.hashes(of_chapter_6.replace(old, "forger(size), forger(size)"))) == moves


def test_photos_are_stored_as_jpeg_and_drawings_are_not():
    noise = np.random.default_rng(0).integers(100, 130, (400, 400, 3), dtype=np.uint8)
    for pixels, kind in ((noise, "image/jpeg"), (np.zeros((400, 400, 3), np.uint8), "image/png")):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": "<Figure>"}
        notebooks.lighten(data)
        assert set(data) == {kind, "text/plain"}
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(data[kind]))))
        assert shown.shape == pixels.shape and abs(shown.astype(int) - pixels).mean() < 8
    data = {"text/plain": "3"}
    notebooks.lighten(data)
    assert data == {"text/plain": "3"}
