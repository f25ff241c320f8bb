"""Every solution that a notebook prints is put into its cell, behind the whole notebook, and its check accepts it."""

import nbformat
import pytest

from tools import notebooks
from tools.solutions import expect_right, put_in, said, show_printed, solved
from tools.stamp import ROOT

PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CELL = "def my_sum(a, b): ...\n\n\ncheck.ex00_sum(my_sum);"


def book_of(*cells):
    make = {"code": nbformat.v4.new_code_cell, "text": nbformat.v4.new_markdown_cell}
    return nbformat.v4.new_notebook(cells=[make[kind](source) for kind, source in cells])


def hints(solution, after=""):
    return f"<details><summary>Solution</summary>\n\n```python\n{solution}\n```\n\n{after}\n</details>"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_solutions_are_accepted(path, tmp_path, monkeypatch):
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    before = path.read_bytes()
    notebooks.run(path, tmp_path / path.name)
    assert path.read_bytes() == before
    made, stored = (nbformat.read(p, as_version=4) for p in (tmp_path / path.name, path))
    assert [cell.id for cell in made.cells] == [cell.id for cell in stored.cells]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_exercise_has_a_solution(path):
    book = nbformat.read(path, as_version=4)
    asked = [i for i, cell in enumerate(book.cells) if cell.source.startswith("```{exercise}")]
    assert len(solved(book)) == len(asked) >= 6


def test_a_solution_takes_the_place_of_what_is_asked_for():
    assert put_in(CELL, "def my_sum(a, b):\n    return a + b") == (
        "def my_sum(a, b):\n    return a + b\ncheck.ex00_sum(my_sum)"
    )
    knobs = "a, b = 1, 2  # the knobs\nprint(a)\ncheck.ex00_knobs((a, b));"
    assert put_in(knobs, "a, b = 3, 4\ncheck.ex00_knobs((a, b));").splitlines()[0] == "a, b = (3, 4)"
    with pytest.raises(ValueError, match="binds no name"):
        put_in(CELL, "def my_summ(a, b):\n    return a + b")


def test_a_solution_with_nothing_to_solve_is_told():
    with pytest.raises(ValueError, match="cell 2 holds a solution"):
        solved(book_of(("code", "x = 1"), ("text", hints("x = 2"))))


def test_a_solution_that_its_check_refuses_is_told(tmp_path):
    cells = ("code", "from gancourse import check"), ("code", "def my_mean(x): ...\n\n\ncheck.ex00_bce(my_mean);")
    path = tmp_path / "book.ipynb"
    nbformat.write(book_of(("text", "# A book"), *cells, ("text", hints("def my_mean(x, y):\n    return x"))), path)
    with pytest.raises(RuntimeError, match="does not accept"):
        notebooks.run(path, path)
    assert nbformat.read(path, as_version=4).cells[2].outputs  # what was run is kept
    notebooks.run(path, path, solve=False)  # who only wants the notebook does not ask
    assert not (tmp_path / "progress.json").exists()


def test_tables_count_as_printed_and_bars_and_figures_do_not():
    out = nbformat.v4.new_output
    outputs = [
        out("stream", name="stdout", text="Right. Yes,\n  it is.\n 50%|█████     | 2/4\n"),
        out("stream", name="stderr", text="a warning\n"),
        out("display_data", data={"text/plain": "   iou\nA  0.5", "text/html": "<table>"}),
        out("display_data", data={"text/plain": "<Figure size 640x480>"}),
        out("execute_result", data={"text/plain": "True"}),
    ]
    assert said(outputs) == "Right. Yes,\n  it is.\n   iou\nA  0.5"


def test_what_an_experiment_prints_stands_with_its_solution(monkeypatch):
    book = book_of(("code", CELL), ("text", hints("def my_sum(a, b): 3", "<!-- printed --><!-- /printed -->")))
    (one,) = solved(book)
    text = "Right. It adds up,\n  and more.\n   a\n1: 0.5\n2: 0.7"
    monkeypatch.setenv("GANCOURSE_SCALE", "laptop")
    expect_right(one, text)
    for _ in range(2):  # once more, and nothing is doubled
        show_printed(book.cells[1], text)
    assert book.cells[1].source.count("```text\n   a\n1: 0.5\n2: 0.7\n```") == 1 and "more" not in book.cells[1].source
