"""Write drawn tasks as a notebook that nbgrader takes as a source."""

import textwrap
import tomllib

import nbformat
from nbformat import NotebookNode

from assessment.draw import ROOT, families
from assessment.variant import AGREE, IMPORTS, Explain, Test, Variant, tidy

STUB = "..."  # what a student finds in place of a solution
TEXT_STUB = "*Write your answer here, in place of this line.*"

RULES = """\
# Assignment {chapter}: {title}

{points} points, about {minutes} minutes.

- Put your code in place of `...`; the names of the functions stay as they are. Add cells if you need them.
- The check below a task says at once what is wrong with the **form** of your answer. Marks come from other tests, which
  are added when it is graded: they look at the numbers, on other inputs than yours.
- What is printed earns nothing, and changed checks are put back before grading.
- Before you hand in: restart, run all, save. Keep the file's name.
"""

SET_UP = """\
try:
    import gancourse
except ModuleNotFoundError:  # on Colab or Kaggle
    %pip install -q "gancourse @ git+{address}"
{imports}
from gancourse.check.ch04 import whole
from gancourse.check.verdict import Answer, NotYet, finite, kind, loss_of, say, settle, tensor_of
from gancourse.games.gan import GAN


def look(call, form):
    \"\"\"Say what is wrong with an answer's form, if anything.\"\"\"
    answer = globals().get(call.split("(")[0], ...)
    fits, lines = settle(lambda f: form(Answer(f, call)), answer, call)
    say(*["The form is right. Whether the numbers are, the marks will tell."] if fits else lines)
"""

HIDDEN = """\
### BEGIN HIDDEN TESTS
{play}


answers = [play(*one) for one in {given}]

# No code of yours runs from here on.
{agree}


assert agree(answers, {right}), "{name}: the numbers differ"
### END HIDDEN TESTS"""


def source(chapter: str, drawn: list[Variant | Explain]) -> NotebookNode:
    """The instructor's notebook of a chapter, solutions and hidden tests included."""
    head = RULES.format(
        chapter=chapter,
        title=families(chapter).TITLE,
        points=sum(one.points for one in drawn),
        minutes=sum(one.minutes for one in drawn),
    )
    cells = [cell(f"ch{chapter}-rules", head), cell(f"ch{chapter}-set-up", set_up(), code=True)]
    for number, one in enumerate(drawn, 1):
        cells += task(number, one) if isinstance(one, Variant) else question(number, one)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def set_up() -> str:
    address = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]["Repository"]
    return SET_UP.format(address=address, imports=IMPORTS)


def cell(name: str, text: str, *, code=False, points: int | None = None, answer=False) -> NotebookNode:
    """A cell with nbgrader's metadata; what is not the student's answer is locked."""
    made = (nbformat.v4.new_code_cell if code else nbformat.v4.new_markdown_cell)(text.strip("\n"), id=name)
    marks = {"grade": points is not None, "solution": answer, "task": False, "locked": not answer}
    made.metadata["nbgrader"] = marks | {"grade_id": name, "schema_version": 3}
    if points is not None:
        made.metadata["nbgrader"]["points"] = points
    return made


def task(number: int, v: Variant) -> list[NotebookNode]:
    """Text, answer, and a cell for each part of the marks; the visible check is in the first of them."""
    text = f"## {number}. {v.title} ({v.points} points)\n\n{v.text}\n\n*About {v.minutes} minutes.*"
    body = f"### BEGIN SOLUTION\n{tidy(v.solution)}\n### END SOLUTION"
    check = f'def form(answer):\n{textwrap.indent(v.form, "    ")}\n\n\nlook("{v.call}", form)\n\n'
    cells = [cell(f"{v.name}-text", text), cell(f"{v.name}-answer", v.code(body), code=True, answer=True)]
    for i, (test, right) in enumerate(zip(v.tests, v.rights, strict=True), 1):
        visible = f"{check if i == 1 else ''}# Marked: {test.name} ({test.points} point{'s' * (test.points > 1)})."
        cells.append(cell(f"{v.name}-{i}", f"{visible}\n{hidden(test, right)}", code=True, points=test.points))
    return cells


def hidden(test: Test, right: list) -> str:
    """Calls first, then the comparison: no code of the student's runs once `agree` is defined.

    The right numbers stand in the source alone, in no variable.
    """
    return HIDDEN.format(play=tidy(test.play), given=list(test.given), agree=AGREE.strip(), right=right, name=test.name)


def question(number: int, q: Explain) -> list[NotebookNode]:
    """Text, and a cell to answer in; the rubric and marked samples stand in the place of a solution."""
    text = f"## {number}. {q.title} ({q.points} points)\n\n{q.text}\n\n*About {q.minutes} minutes. Marked by a person.*"
    answer = f"### BEGIN SOLUTION\n{rubric(q)}\n### END SOLUTION"
    return [cell(f"{q.name}-text", text), cell(f"{q.name}-answer", answer, points=q.points, answer=True)]


def rubric(q: Explain) -> str:
    points = "\n".join(f"- {n}: {what}" for n, what in q.rubric)
    samples = "\n\n".join(f"*{s.marks} of {q.points}* ({s.why}):\n\n> {s.text}" for s in q.samples)
    return f"**Points**\n\n{points}\n\n**Marked samples**\n\n{samples}"
