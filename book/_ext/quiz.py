"""The directive `question`: a question whose every answer has its own verdict.

    :::{question}
    A situation, in as many paragraphs as it needs. What is asked stands in the last one.

    - [ ] An answer.

      Why not.

    - [x] The right answer.

      Why.
    :::

The page that it makes is whole without JavaScript: each verdict is a `<details>`, to be unfolded by hand. The script
quiz.js unfolds the one beside the chosen answer.
"""

from string import ascii_lowercase

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

VERDICTS = {True: ("right", "Right."), False: ("wrong", "No.")}


def html(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")


def phrase(parts: list[nodes.Node]) -> nodes.inline:
    """The text of a paragraph without the paragraph, which HTML allows in no label and no legend."""
    return nodes.inline("", "", *parts)


class Question(SphinxDirective):
    has_content = True

    def run(self) -> list[nodes.Node]:
        parsed = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, parsed)
        *situation, asked, answers = parsed.children
        self.insist(isinstance(asked, nodes.paragraph), "the last paragraph before the answers asks the question")
        self.insist(isinstance(answers, nodes.bullet_list), "the answers are a list at the end")
        name = f"quiz-{self.env.docname.rsplit('/', 1)[-1]}-{self.env.new_serialno('question') + 1}"
        rows = [self.row(name, *pair) for pair in zip(ascii_lowercase, answers.children, strict=False)]
        self.insist(sum(right for right, _ in rows) == 1, "one answer, and no more, has [x]")
        start = html(f'<fieldset class="quiz" id="{name}"><legend>')
        end = html('<p class="quiz-status" role="status"></p></fieldset>')
        parts = [part for _, row in rows for part in row]
        return [*situation, start, phrase(asked.children), html("</legend>"), *parts, end]

    def row(self, name: str, letter: str, item: nodes.list_item) -> tuple[bool, list[nodes.Node]]:
        """One answer, a radio button, and its verdict, folded."""
        text, *why = item.children
        box, *words = text.children
        self.insist("checkbox" in box.astext(), f"answer {letter} begins with [ ] or [x]")
        self.insist(why and isinstance(why[0], nodes.paragraph), f"answer {letter} has an explanation")
        right = "checked=" in box.astext()
        kind, verdict = VERDICTS[right]
        why[0].insert(0, [nodes.strong(text=verdict, classes=[f"quiz-{kind}"]), nodes.Text(" ")])
        button = f'<input type="radio" name="{name}" id="{name}-{letter}" value="{letter}" autocomplete="off">'
        label = f'<label for="{name}-{letter}"><span class="quiz-letter">{letter}</span> '
        fold = f'</label><details class="quiz-why quiz-{kind}"><summary>Verdict on {letter}</summary>'
        row = [html(f'<div class="quiz-answer">{button}{label}'), phrase(words), html(fold), *why]
        return right, [*row, html("</details></div>")]

    def insist(self, holds: bool, rule: str) -> None:
        if not holds:
            raise self.error(f"A question of the quiz: {rule}.")


def setup(app) -> dict:
    app.add_directive("question", Question)
    app.add_css_file("quiz.css")
    app.add_js_file("quiz.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
