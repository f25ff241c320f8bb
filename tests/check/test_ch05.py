"""The bank of chapter 05 against its checks, until it is played with the others in test_bank."""

import pytest
import torch

from gancourse.check import ch05
from tests.check import bank_ch05, test_mutants
from tests.check.bank import REFERENCES, RIGHT, WRONG

ARGUMENTS = {
    "ex05_shown": "x, y",
    "ex05_g_loss": "D, x, y, fake, l1",
    "ex05_jitter": "x, y, crop, top, left, mirror",
    "ex05_spread": "pictures, walls",
    "ex05_fixed_input": "answers",
}
PASSES = [entry for entry in RIGHT if entry[0] in ARGUMENTS]
FAILS = [entry for entry in WRONG if entry[0] in ARGUMENTS]


def verdict(capsys, exercise, answer):
    passed = getattr(ch05, exercise)(answer)
    return passed, " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("exercise", ARGUMENTS)
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("...", "Still open: "),
        ("return ...", "Still open: "),
        ("a = 1", "Not yet: your function returned None"),
        ("return 'a'", "Not yet: wrong type: a str"),
        ("return [1, 2, 3]", "Not yet: wrong type: a list"),
        ("return 1j", "Not yet: wrong type: a complex"),
        ("return torch.ones(7, 6, 5)", "Not yet: "),
        ("return torch.zeros(0)", "Not yet: "),
        ("return torch.zeros(2, 2).to_sparse()", "Not yet: "),
        ("return torch.tensor(float('nan'))", "Not yet: "),
        ("return float('inf')", "Not yet: "),
        ("return torch.zeros(3, dtype=torch.bool)", "Not yet: "),
        ("return 1 / 0", "Not yet: your code stopped with an error"),
        ("exit()", "Not yet: "),
    ],
)
def test_what_is_no_answer_is_told_so(capsys, exercise, body, expected):
    space = {"torch": torch}
    exec(f"def answer({ARGUMENTS[exercise]}):\n    {body}", space)
    passed, said = verdict(capsys, exercise, space["answer"])
    assert passed is False and said.startswith(expected), said


@pytest.mark.parametrize("exercise", ARGUMENTS)
@pytest.mark.parametrize("answer", [..., None, 3, torch.ones(3), type, torch.nn.Linear(2, 2), len])
def test_answers_that_are_no_function_of_the_kind(capsys, exercise, answer):
    passed, said = verdict(capsys, exercise, answer)
    assert passed is False and said.startswith("Still open: " if answer is ... else "Not yet: "), said


def test_a_verdict_tells_how_the_standard_deviation_was_taken(capsys):
    for exercise in ("ex05_spread", "ex05_fixed_input"):
        said = [verdict(capsys, exercise, answer)[1] for name, answer in PASSES if name == exercise]
        assert any("divides by n - 1, as torch does" in line for line in said)
        assert any("Yours divides by n;" in line for line in said)


def test_a_remark_on_overflow(capsys):
    through = bank_ch05.g_loss(gan=lambda s: -s.sigmoid().log().mean())
    assert "yours gives inf" in verdict(capsys, "ex05_g_loss", through)[1]
    assert "One thing more" not in verdict(capsys, "ex05_g_loss", bank_ch05.g_loss())[1]


# The mutants that pass, each with the reason why it is a right answer, too.
ONLY_SHAPE = "lengths and sizes are read off the shape alone, which has no sign and is the same for both"
NO_SIGN = "0 has no sign"
EITHER_WAY = "a distance is the same from either end"
ANY_ORDER = "the order of the dimensions summed over does not matter"
ANY_TRUTH = "zip's strict only guards against unequal lengths"
DIVISOR = "dividing by n is as right as by n - 1"
ROUNDED = "a byte may be rounded or cut, and 255 or 256 steps taken: they are within 1 of one another"
COLORS = "colours = torch.stack([p[:, m].mean(1) for p, m in zip(pictures, walls, strict=True)])"
PASSING = {
    "seen = torch.empty(len(-x), x.shape[1] + y.shape[1], *x.shape[2:])": ONLY_SHAPE,
    "seen = torch.empty(len(y), x.shape[1] + y.shape[1], *x.shape[2:])": ONLY_SHAPE,
    "seen = torch.empty(len(x), x.shape[1] + y.shape[1], *y.shape[2:])": ONLY_SHAPE,
    "gan = bce_logits(s, torch.ones_like(-s))": ONLY_SHAPE,
    "return (both[:len(-x)], both[len(x):])": ONLY_SHAPE,
    "return (both[:len(x)], both[len(-x):])": ONLY_SHAPE,
    "return (away.square().sum(dim=0) / (len(-answers) - 1)).sqrt().mean()": ONLY_SHAPE,
    "return softplus(-D(torch.cat([x, fake], 1))).mean() + l1 * (y - fake).abs().mean()": EITHER_WAY,
    "return gan + l1 * l1_loss(y, fake)": EITHER_WAY,
    "near = (fake - y).abs().mean()": EITHER_WAY,
    "away = answers.mean(dim=0) - answers": EITHER_WAY,
    "m = walls[:, None]": "a product with True and False is a number",
    "colours = (pictures * m).sum((3, 2)) / m.sum((2, 3))": ANY_ORDER,
    "colours = (pictures * m).sum((2, 3)) / m.sum((3, 2))": ANY_ORDER,
    "colours = torch.einsum('nchw,nhw->nc', pictures, walls.float()) / walls.sum((2, 1))[:, None]": ANY_ORDER,
    COLORS.replace("mean(1)", "mean(-1)"): "of two dimensions the last is number 1",
    COLORS.replace("True", "2"): ANY_TRUTH,
    COLORS.replace("True", "0"): ANY_TRUTH,
    "return colours.std(-0).mean()": NO_SIGN,
    "return colours.std(-0, unbiased=False).mean()": NO_SIGN,
    "return answers.std(-0).mean()": NO_SIGN,
    "return (away.square().sum(dim=0) / len(answers)).sqrt().mean()": DIVISOR,
    "return (away.square().sum(dim=0) / (len(answers) - 0)).sqrt().mean()": DIVISOR,
    "return ((houses + 1) * 127.5).to(torch.uint8)": ROUNDED,
    "return (256 * (houses + 1) / 2).to(torch.uint8)": ROUNDED,
    "houses = [G(x[i:i + 1])[-1] for i in range(len(x))]": "of one house the last is the first",
    "houses = [G(x[i:i + 1])[0] for i in range(len(-x))]": ONLY_SHAPE,
    "return torch.stack(houses)": "a graph that nobody asks for costs memory and changes no house",
    "change = (G(x) - G(edited)).abs().mean(1)": EITHER_WAY,
    "change = (G(edited) - G(x)).abs() / 3": EITHER_WAY,
    "inside = (edited - x).abs().sum(dim=1, keepdim=True).gt(0).float()": EITHER_WAY,
    "inside = (x - edited).abs().sum(dim=1, keepdim=True).gt(-0).float()": NO_SIGN,
    "inside = (x - edited).abs().mean(dim=1, keepdim=True).gt(0).float()": "a mean is above 0 where a sum is",
}


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_mutants_are_caught():
    mine = [(e, f) for e, f in REFERENCES if e.startswith("ex05")]
    fates = [(what, getattr(ch05, e)(mutant)) for e, f in mine for what, mutant in test_mutants.mutants(f)]
    assert {what for what, passed in fates if passed} == set(PASSING)
    assert len(fates) > 100 and sum(not passed for _, passed in fates) / len(fates) >= 0.95
