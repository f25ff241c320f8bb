"""Small faults put into the reference solutions by machine: nearly all must be caught, and the rest explained.

Faults: a flipped sign, a dropped term, swapped arguments, another variable, a missing or wrong reduction, a missing
call (such as detach), another number, another function of the family, a line deleted.
"""

import ast
import copy
import inspect
import textwrap

import pytest

from gancourse import check
from tests.check.bank import REFERENCES

FAMILIES = (
    ("softplus", "sigmoid"),
    ("ones_like", "zeros_like"),
    ("repeat", "repeat_interleave"),
    ("argmax", "argmin"),
    ("max", "min"),
    ("mean", "sum"),
    ("d_loss", "g_loss"),
    ("D", "G"),
)
OTHER = {a: b for pair in FAMILIES for a, b in (pair, pair[::-1])}
OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Eq: ast.NotEq}

# The mutants that pass, each with the reason why it is a right answer, too.
ONLY_SHAPE = "labels and lengths are read off the shape alone, which has no sign and is the same for real and fake"
BOTH_HALVES = "the critic's loss is right in full and halved"
SYMMETRIC = "noise is as likely as its negative"
NO_HARM = "without the detach D's loss works for nothing: what it leaves in G is cleared before G steps"
SAME = "a player's zero_grad clears what its optimizer's does"
EITHER_WAY = "a distance is the same from either end"
ANY_OF_THEM = "any image of the class will do"
PASSING = {
    "return bce_logits(real, torch.ones_like(-real)) + bce_logits(fake, torch.zeros_like(fake))": ONLY_SHAPE,
    "return bce_logits(real, torch.ones_like(real)) + bce_logits(fake, torch.zeros_like(-fake))": ONLY_SHAPE,
    "return bce_logits(real, torch.ones_like(fake)) + bce_logits(fake, torch.zeros_like(fake))": ONLY_SHAPE,
    "return (bce_logits(real, torch.ones_like(-real)) + bce_logits(fake, torch.zeros_like(fake))) / 2": ONLY_SHAPE,
    "return (bce_logits(real, torch.ones_like(real)) + bce_logits(fake, torch.zeros_like(-fake))) / 2": ONLY_SHAPE,
    "return (bce_logits(real, torch.ones_like(fake)) + bce_logits(fake, torch.zeros_like(fake))) / 2": ONLY_SHAPE,
    "return bce_logits(s, torch.ones_like(-s))": ONLY_SHAPE,
    "fake = game.G(game.noise(len(-x)))": ONLY_SHAPE,
    "y = torch.arange(classes).repeat_interleave(len(-noises))": ONLY_SHAPE,
    "return (logits.argmax(dim=1) == asked).sum().item() / len(-asked)": ONLY_SHAPE,
    "return (logits.argmax(dim=1) == asked).sum().item() / len(logits)": ONLY_SHAPE,
    "return softplus(-D(x)).mean() + softplus(D(fake)).mean()": BOTH_HALVES,
    "return bce_logits(real, torch.ones_like(real)) + bce_logits(fake, torch.zeros_like(fake))": BOTH_HALVES,
    "return (bce_logits(real, torch.ones_like(real)) + bce_logits(fake, torch.zeros_like(fake))) / 1": BOTH_HALVES,
    "fake = game.G(-game.noise(len(x)))": SYMMETRIC,
    "fake = game.G(-z)": SYMMETRIC,
    "real, fake = (D(x), D(fake))": "the detach is the round's business; in d_loss it does neither harm nor good",
    "code = y[:, None] == torch.arange(classes)": "cat makes floats of True and False",
    "return (logits.argmax(-1) == asked).float().mean()": "of two dimensions the last is number 1",
    "return (logits.argmax(dim=1) == asked).sum() / len(asked)": "a tensor of one number is as good as a number",
    "seen = logits.max(dim=1).indices": "softmax over the classes does not change which is largest",
    "real, fooled = (D(x), D(fake))": "D learns the same with and without the detach",
    "return bce_logits(real, torch.ones_like(-real)) + bce_logits(fooled, torch.zeros_like(fooled))": ONLY_SHAPE,
    "return bce_logits(real, torch.ones_like(real)) + bce_logits(fooled, torch.zeros_like(-fooled))": ONLY_SHAPE,
    "return (softplus(-D(x)).mean() + softplus(D(fake)).mean()) / 1": BOTH_HALVES,
    "d_loss(D, x, G(z)).backward()": NO_HARM,
    "D.zero_grad()": SAME,
    "G.zero_grad()": SAME,
    "fake = game.G(game.noise(len(-x)), y)": ONLY_SHAPE,
    "fake = game.G(game.noise(len(y)), y)": ONLY_SHAPE,
    "places = torch.stack([(labels == c).nonzero()[1, 0] for c in asked])": ANY_OF_THEM,
    "places = torch.stack([(labels == c).nonzero()[-1, 0] for c in asked])": ANY_OF_THEM,
    "places = torch.stack([(labels == c).nonzero()[0, -1] for c in asked])": "of one column the last is the first",
    "return logits.softmax(-0)": "0 has no sign",
    "return ratios / ratios.sum()": "weights of shape (n, 1) are as good as (n,)",
    "return torch.cdist(flat, flat).sum() / (len(-flat) * (len(flat) - 1))": ONLY_SHAPE,
    "return torch.cdist(flat, flat).sum() / (len(pictures) * (len(flat) - 1))": ONLY_SHAPE,
    "return torch.cdist(flat, flat).sum() / (len(flat) * (len(-flat) - 1))": ONLY_SHAPE,
    "return torch.cdist(flat, flat).sum() / (len(flat) * (len(pictures) - 1))": ONLY_SHAPE,
    "n = len(-pictures)": ONLY_SHAPE,
    "far = [(pictures[j] - pictures[i]).square().sum().sqrt() for i in range(n) for j in range(i)]": EITHER_WAY,
}


def variants(node: ast.AST, arguments: list[str]):
    """What may stand in place of this node."""
    match node:
        case ast.BinOp(left, op, right):
            yield left
            yield right
            yield ast.BinOp(left, OPERATORS.get(type(op), type(op))(), right)
            if not isinstance(op, ast.Add | ast.Mult):  # where the order makes a difference
                yield ast.BinOp(right, op, left)
        case ast.UnaryOp(ast.USub(), operand):
            yield operand
        case ast.Compare(left, [op], comparators):
            yield ast.Compare(left, [OPERATORS.get(type(op), type(op))()], comparators)
        case ast.Call(function, args, keywords):
            if isinstance(function, ast.Attribute):
                yield function.value  # without this call
            if len(args) == 1:
                yield args[0]
                yield ast.Call(function, [ast.UnaryOp(ast.USub(), args[0])], keywords)
            if len(args) > 1:
                yield ast.Call(function, [args[1], args[0], *args[2:]], keywords)
        case ast.Attribute(value, name) if name in OTHER:
            yield ast.Attribute(value, OTHER[name])
        case ast.Name(name):
            yield from (ast.Name(other) for other in {*arguments, OTHER.get(name, name)} - {name})
        case ast.Constant(int() | float() as number):
            yield from (ast.Constant(number + 1), ast.Constant(number - 1))
        case ast.Tuple([a, b]):
            yield ast.Tuple([b, a])
        case ast.Return(value):
            yield ast.Return(ast.UnaryOp(ast.USub(), value))
        case ast.Assign() | ast.Expr():
            yield ast.Pass()


def mutants(f):
    """(what was changed, the changed function) for each fault that can be put into f."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(f))).body[0]
    tree.decorator_list = []
    arguments = [a.arg for a in tree.args.args]
    before, seen = ast.unparse(tree), set()
    places = [
        n for statement in tree.body for n in ast.walk(statement) if not isinstance(getattr(n, "ctx", None), ast.Store)
    ]
    for place in range(len(places)):
        for variant in range(len(list(variants(places[place], arguments)))):
            other = copy.deepcopy(tree)
            nodes = [n for s in other.body for n in ast.walk(s) if not isinstance(getattr(n, "ctx", None), ast.Store)]
            new = list(variants(nodes[place], arguments))[variant]
            other = ast.fix_missing_locations(ast.parse(ast.unparse(Put(nodes[place], new).visit(other)))).body[0]
            text = ast.unparse(other)
            if text not in seen | {before}:
                seen.add(text)
                yield changed(before, text), made(other, f)


class Put(ast.NodeTransformer):
    """Put one node in place of another."""

    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else self.generic_visit(node)


def changed(before: str, after: str) -> str:
    lines = [line.strip() for line in after.splitlines() if line not in before.splitlines()]
    return "; ".join(lines) or "a line is missing"


def made(tree, f):
    space = dict(f.__globals__)
    exec(compile(ast.Module([tree], []), "<mutant>", "exec"), space)
    return space[f.__name__]


MINE = [entry for entry in REFERENCES if entry[0][:4] in ("ex00", "ex01", "ex02")]  # later ones: test_ch03 to 06


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")
def test_mutants_are_caught(capsys):
    fates = [(what, getattr(check, exercise)(mutant)) for exercise, f in MINE for what, mutant in mutants(f)]
    passing = {what for what, passed in fates if passed}
    assert passing == set(PASSING)
    assert len(fates) > 1000 and sum(not passed for _, passed in fates) / len(fates) >= 0.95
