"""The bank of chapter 03 against its checks."""

from gancourse.check import ch03
from tests.check import test_mutants
from tests.check.bank import REFERENCES, RIGHT, WRONG

MINE = [name for name in vars(ch03) if name.startswith("ex03_")]
PASSES = [entry for entry in RIGHT if entry[0] in MINE]
FAILS = [entry for entry in WRONG if entry[0] in MINE]


def verdict(capsys, exercise, answer):
    passed = getattr(ch03, exercise)(answer)
    return passed, " ".join(capsys.readouterr().out.split())


# The mutants that pass, each with the reason why it is a right answer, too.
PASSING = {
    "side = (side - 3) // 2": "sides are even, and // drops the half",
    "return hit / (matrix.sum(0) + matrix.sum(-1) - hit)": "of two dimensions the last is number 1",
    "return hit / (matrix.sum(-0) + matrix.sum(1) - hit)": "0 has no sign",
    "hit = torch.diagonal(matrix)": "/ makes floats of integers",
    "for dim in (3, 2):": "rows or columns first, the crop is the same",
    "return functional.cross_entropy(scores, (y[:, 0] > -1).long())": "y is -1 or 1, so any bound between will do",
    "cell = (y > -1).float()": "y is -1 or 1, so any bound between will do",
    "return functional.cross_entropy(scores, (y[:, -1] > 0).long())": "of one channel the last is the first",
    "for p, back in ((x.mT, lambda s: s.mT), (x, lambda s: s)):": "the eight views come in another order",
    "parts += [back(answer(p.flip(d)).flip(d)) for d in ((2,), (3,), (3, 2))]": "both dimensions are flipped at once",
}


def test_mutants_are_caught(capsys):
    mine = [(e, f) for e, f in REFERENCES if e in MINE]
    fates = [(what, getattr(ch03, e)(mutant)) for e, f in mine for what, mutant in test_mutants.mutants(f)]
    assert {what for what, passed in fates if passed} == set(PASSING)
    assert len(fates) > 100
