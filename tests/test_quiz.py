"""The quiz: five questions for each chapter, one right answer, a reason for every answer, whole without JavaScript."""

import io
import json
import re

import pytest
import yaml
from bs4 import BeautifulSoup
from mdit_py_plugins.anchors.index import slugify
from sphinx.application import Sphinx

from tools.stamp import ROOT

QUIZ = ROOT / "book" / "quiz"
NAMES = sorted(path.stem for path in QUIZ.glob("[0-9]*.md"))


def build(source, out):
    """Make pages of the quiz with nothing of the book around them, and return what Sphinx complains of."""
    said, config = io.StringIO(), yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    settings = {
        "extensions": ["myst_parser", "sphinxcontrib.bibtex", *config["sphinx"]["local_extensions"]],
        "myst_enable_extensions": config["parse"]["myst_enable_extensions"],
        "bibtex_bibfiles": [str(ROOT / "book/references.bib")],
        "html_theme": "basic",
        "suppress_warnings": ["myst.xref_missing", "toc.not_included", "bibtex.missing_file"],
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / config["sphinx"]["local_extensions"]["quiz"])
        Sphinx(source, None, out, out / "trees", "html", settings, status=None, warning=said).build()
    return said.getvalue()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    out = tmp_path_factory.mktemp("quiz")
    complaints = build(QUIZ, out)
    assert "ERROR" not in complaints, complaints
    return {name: BeautifulSoup((out / f"{name}.html").read_text("utf-8"), "html.parser") for name in NAMES}


def test_each_chapter_has_its_quiz_right_behind_it():
    parts = yaml.safe_load((ROOT / "book/_toc.yml").read_text("utf-8"))["parts"]
    core = [chapter for chapter in parts[0]["chapters"] if chapter["file"].startswith("notebooks/0")]
    for chapter in core:
        assert {"file": chapter["file"].replace("notebooks", "book/quiz")} in chapter["sections"]
    assert NAMES == [chapter["file"].split("/")[1] for chapter in core]
    assert all(f"({name}.md)" in (QUIZ / "index.md").read_text("utf-8") for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_five_questions_with_one_right_answer_and_a_reason_for_each(pages, name):
    questions = pages[name].select("fieldset.quiz")
    assert len(questions) == len(pages[name].select("h2")) == 5
    for question in questions:
        answers = question.select(".quiz-answer")
        assert question.legend.text.strip().endswith("?") and len(answers) in (3, 4)
        assert len(question.select("details.quiz-right")) == 1
        assert len({answer.label.text for answer in answers}) == len(answers)
        for answer in answers:
            reason = "".join(part.text for part in answer.details.find_all("p", recursive=False))
            assert len(reason.split()) >= 8, reason
    assert len({question.select_one("details.quiz-right").summary.text for question in questions}) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_labels_and_groups_fit_and_no_id_comes_twice(pages, name):
    ids = [tag["id"] for tag in pages[name].find_all(id=True)]
    assert len(ids) == len(set(ids))
    for question in pages[name].select("fieldset.quiz"):
        assert question.find(True).name == "legend" and question.select("[role=status]")
        for button in question.select("input[type=radio]"):
            assert button["name"] == question["id"]
            assert button.find_next_sibling("label")["for"] == button["id"]


@pytest.mark.parametrize("name", NAMES)
def test_every_verdict_can_be_unfolded_without_javascript(pages, name):
    for answer in pages[name].select("fieldset.quiz .quiz-answer"):
        (fold,) = answer.select("details")
        assert fold.summary.text.startswith("Verdict") and fold.strong.text in ("Right.", "No.")
        assert not fold.select("[hidden], [style], [aria-hidden]")
    assert "quiz-live" not in str(pages[name])  # the script's mark, see below


def test_only_the_script_makes_the_style_hide_a_verdict():
    style = re.sub(r"/\*.*?\*/", "", (ROOT / "book/_static/quiz.css").read_text("utf-8"), flags=re.DOTALL)
    for selectors, rules in re.findall(r"([^{}]+)\{([^{}]*)\}", style):
        if "display: none" in rules:
            assert all(".quiz-live" in selector for selector in selectors.split(",")), selectors


def titles(path):
    """The anchors of a page's or a notebook's headings."""
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join("".join(c["source"]) for c in json.loads(text)["cells"] if c["cell_type"] == "markdown")
    return {slugify(title) for title in re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)}


@pytest.mark.parametrize("path", sorted(QUIZ.glob("*.md")), ids=lambda p: p.stem)
def test_links_lead_somewhere(path):
    for page, anchor in re.findall(r"\]\(([^)#]+)#?([^)]*)\)", path.read_text("utf-8")):
        assert (path.parent / page).is_file(), page
        assert not anchor or anchor in titles(path.parent / page), anchor


ANSWERS = {
    "one answer": "- [ ] a\n\n  b\n",
    "begins with": "- [x] a\n\n  b\n- c\n\n  d\n",
    "an explanation": "- [x] a\n\n  b\n- [ ] c\n",
    "are a list": "Yes.\n",
}


@pytest.mark.parametrize("rule", ANSWERS)
def test_a_question_that_breaks_a_rule_is_refused(tmp_path, rule):
    (tmp_path / "index.md").write_text(f"# Quiz\n\n:::{{question}}\nWhat?\n\n{ANSWERS[rule]}:::\n", "utf-8")
    assert rule in build(tmp_path, tmp_path / "out")
