"""The solutions that the notebooks print, put into the cells that they solve.

A practice exercise is a code cell that calls `check.ex...`, and behind it a text cell with hints and a solution. What
the solution defines takes the place of what the student's cell defines under the same names; the rest of the cell,
which looks at the answer and checks it, stays.
"""

import ast
import re
from dataclasses import dataclass

from gancourse.scale import scale

CODE = re.compile(r"<summary>Solution</summary>\s*```python\n(.*?)```", re.DOTALL)
PRINTED = re.compile(r"(<!-- printed -->).*(<!-- /printed -->)", re.DOTALL)
VERDICT = re.compile(r"^Right\..*\n?(?:^  \S.*\n?)*", re.MULTILINE)
BAR = re.compile(r"^\s*\d+%\|")
CHECKED = re.compile(r"\bcheck\.ex\d\d_")


@dataclass(frozen=True)
class Solved:
    """A student's cell with the solution in it, and the place of the text cell that prints the solution."""

    text_cell: int
    code: str


def solved(book) -> list[Solved]:
    """The solved cells of a notebook, in order.

    Raises:
        ValueError: a solution without a cell to solve, or one that fits nothing in its cell.
    """
    found = []
    for i, cell in enumerate(book.cells):
        if cell.cell_type == "markdown" and (match := CODE.search(cell.source)):
            if not i or not CHECKED.search(book.cells[i - 1].source):
                raise ValueError(f"cell {i + 1} holds a solution, and the cell before it checks nothing")
            found.append(Solved(i, put_in(book.cells[i - 1].source, match[1])))
    return found


def put_in(cell: str, solution: str) -> str:
    """The cell with each statement of the solution in the place of the one that binds the same names."""
    statements, placed = ast.parse(cell).body, 0
    for new in ast.parse(solution).body:
        for i, old in enumerate(statements):
            if names(new) and names(new) == names(old):
                statements[i], placed = new, placed + 1
    if not placed:
        raise ValueError(f"the solution\n{solution}\nbinds no name that this cell binds:\n{cell}")
    return "\n".join(map(ast.unparse, statements))


def names(statement: ast.stmt) -> set[str]:
    """The names that a definition or an assignment binds."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    if not isinstance(statement, ast.Assign):
        return set()
    return {node.id for target in statement.targets for node in ast.walk(target) if isinstance(node, ast.Name)}


def said(outputs: list) -> str:
    """What a cell printed, tables too; progress bars and figures left out."""
    text = "".join(as_text(output) for output in outputs)
    return "\n".join(line for line in text.splitlines() if not BAR.search(line)).strip()


def as_text(output) -> str:
    """What one output adds to what a cell printed."""
    if output.output_type == "stream":
        return output.text if output.name == "stdout" else ""
    shown = output.data.get("text/plain", "") if output.output_type == "display_data" else ""
    return "" if shown.startswith("<") else f"{shown}\n"


def expect_right(solution: Solved, text: str) -> None:
    """Raise RuntimeError unless the check of a solved cell was content. At smoke scale an experiment that trains may
    come out as it will."""
    if not VERDICT.search(text) and not (scale() == "smoke" and "train(" in solution.code):
        raise RuntimeError(f"The check does not accept the solution that is printed:\n\n{solution.code}\n\n{text}")


def show_printed(cell, text: str) -> None:
    """Write what a solved cell printed, but for the verdict, to where its solution keeps a place for it."""
    lines = VERDICT.sub("", text).strip("\n")
    cell.source = PRINTED.sub(lambda m: f"{m[1]}\n\n```text\n{lines}\n```\n\n{m[2]}", cell.source)
