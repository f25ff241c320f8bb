"""Lines to be put in order. Every order that ends where the right one ends is right, too.

A bookkeeper plays the lines without numbers. It knows what each name was made of, through whose weights a gradient
would run back, and whose gradients have gathered in which player. Two orders are equal if they end with the same
weights and results, made of the same things in the same way.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gancourse.check.verdict import NotYet, StillOpen, kind

Shape = tuple[int, ...]  # (channels, side) of pictures, () of a number


@dataclass(frozen=True)
class Step:
    """One line of code, and what it does.

    Args:
        text: as it stands in the exercise.
        gives, needs: names that it makes, and names that it uses.
        by: players through whose weights it runs.
        cut: of the needs, those that are detached.
        clears, back, moves: players whose gradients it clears; a loss from which it goes back, to all players, or to
            those that it moves; players that take a step.
        on: the loss on which those should move.
        fresh: gives something else in each round.
        only_cuts: gives the very number that it needs, cut off from where it came from.
        shape: shapes of the needs to the shape of what it gives; raises Misfit where torch would stop.
    """

    text: str
    gives: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    clears: tuple[str, ...] = ()
    back: str = ""
    moves: tuple[str, ...] = ()
    on: str = ""
    fresh: bool = False
    only_cuts: bool = False
    shape: Callable[..., Shape] | None = None


def minimize(loss: str, *players: str) -> Step:
    """Clear, go back, step, in one line."""
    text = f"minimize({loss}, {', '.join(players)})"
    return Step(text, needs=(loss,), clears=players, back=loss, moves=players, on=loss)


class Misfit(Exception):
    """A line does not take what it is given; the text says why."""


@dataclass(frozen=True)
class Rule:
    """Letters in this order, where a wrong order has them in the other: what that is called, why, a hint."""

    first: str
    then: str
    what: str
    why: str  # {first} and {then} stand for the numbers of their lines
    hint: str


@dataclass(frozen=True)
class Puzzle:
    """Lines by letter, one right order, what is there before, what counts in the end beside the weights."""

    lines: Mapping[str, Step]
    right: str
    rules: tuple[Rule, ...] = ()
    given: Mapping[str, Shape] = field(default_factory=dict)
    from_players: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # given names with a graph behind them
    results: tuple[str, ...] = ()
    rounds: int = 2  # a gradient left over shows in the second


def judge_order(steps: object, puzzle: Puzzle) -> None:
    """Hold an order, letters or lines as a list or a string, to the right one.

    Raises:
        NotYet: a line is missing, torch or Python would stop, or something else comes out.
        StillOpen: there is a gap in it.
    """
    letters, terms = letters_in_order(steps, puzzle.lines), {}
    mine = played(letters, puzzle, terms)
    right = played(puzzle.right, puzzle, terms)
    if mine == right:
        return
    place = {letter: i for i, letter in enumerate(letters, 1)}
    for rule in puzzle.rules:
        first, then = place[rule.first], place[rule.then]
        if first > then:
            raise NotYet(rule.what, rule.why.format(first=first, then=then), rule.hint)
    differ = ", ".join(name for name, value in right.items() if mine[name] != value)
    raise NotYet("it runs, and does something else", f"In the end these differ: {differ}.", "play it line by line")


def letters_in_order(steps: object, lines: Mapping[str, Step]) -> list[str]:
    """The letters of all lines, each once.

    Raises:
        NotYet: one is missing, unknown or there twice, or this is no list of letters at all.
        StillOpen: a `...` is among them, or nothing is.
    """
    if isinstance(steps, str):
        steps = [letter for letter in steps if letter.isalnum()]
    if not isinstance(steps, list | tuple):
        some = list(lines)[:2][::-1]
        hint = f'hand over the letters in order, as in "{"".join(some)}..." or ["{some[0]}", "{some[1]}", ...]'
        raise NotYet(f"the check was given {kind(steps)}", hint=hint)
    if not steps or ... in steps:
        raise StillOpen
    by_text = {line.text: letter for letter, line in lines.items()}
    letters = [by_text.get(str(s).strip(), str(s).strip().lower()) for s in steps]
    unknown = [s for s in letters if s not in lines]
    twice = sorted({s for s in letters if letters.count(s) > 1})
    missing = [s for s in lines if s not in letters]
    for wrong, what in ((unknown, "no line has the letter"), (twice, "given twice:"), (missing, "missing:")):
        if wrong:
            number, hint = f"You gave {len(letters)} letters.", f"each of the {len(lines)} lines once"
            raise NotYet(f"{what} {', '.join(wrong)}", number, hint)
    return letters


def played(letters: str | list[str], puzzle: Puzzle, terms: dict) -> dict[str, object]:
    """What all players' weights and the results are in the end."""
    book = Bookkeeper(puzzle, terms)
    for round in range(1, puzzle.rounds + 1):
        for place, letter in enumerate(letters, 1):
            book.play(puzzle.lines[letter], place, round)
    results = {name: (book.names[name].term, book.names[name].players()) for name in puzzle.results}
    return {f"the weights of {player}": term for player, term in book.weights.items()} | results


@dataclass(frozen=True)
class Value:
    """What a name stands for: equal terms are equal numbers.

    Args:
        by: the players through whose weights its last step ran, with these weights.
        parts: what that step was given, if a gradient runs on into it.
    """

    term: int
    by: tuple[tuple[str, int], ...] = ()
    parts: tuple["Value", ...] = ()
    shape: Shape = ()

    def players(self) -> frozenset[str]:
        return frozenset(player for player, _ in self.by).union(*(part.players() for part in self.parts))

    def on_the_way(self, wanted: frozenset[str]) -> set[tuple[str, int]]:
        """Players, with their weights, through which a gradient runs on its way to the wanted ones."""
        if not self.players() & wanted:
            return set()
        return set(self.by).union(*(part.on_the_way(wanted) for part in self.parts))


class Bookkeeper:
    """Plays lines without numbers."""

    def __init__(self, puzzle: Puzzle, terms: dict):
        self.puzzle, self.terms = puzzle, terms
        players = sorted({p for line in puzzle.lines.values() for p in (*line.by, *line.moves)})
        self.weights = {p: self.term("at the start", p) for p in players}
        self.moved_by: dict[str, str] = {}  # the line of a player's last step
        self.grads: dict[str, list] = {p: [] for p in players}  # what each one's gradients are the sum of
        self.asked: set[tuple[str, int]] = set()  # (loss, round) of the gradients computed so far
        self.names = {name: self.given(name, shape) for name, shape in puzzle.given.items()}

    def term(self, *made_of: object) -> int:
        return self.terms.setdefault(made_of, len(self.terms))

    def given(self, name: str, shape: Shape) -> Value:
        by = tuple((p, self.term("at the start", p)) for p in self.puzzle.from_players.get(name, ()))
        return Value(self.term("given", name), by, shape=shape)

    def play(self, line: Step, place: int, round: int) -> None:
        where = f"Line {place} is `{line.text}`."
        for name in line.needs:
            self.need(name, where)
        if line.gives:
            self.give(line, where, round)
        for player in line.clears:
            self.grads[player].clear()
        if line.back:
            self.go_back(line, where, round)
        for player in line.moves:
            self.step(player, line, where, round)

    def need(self, name: str, where: str) -> None:
        if name not in self.names:
            why = f"{where} Python would stop with a NameError."
            raise NotYet(f"{name} is used before it is there", why, f"where is {name} made?")

    def give(self, line: Step, where: str, round: int) -> None:
        used = [self.names[name] for name in line.needs]
        try:
            shape = line.shape(*(value.shape for value in used)) if line.shape else ()
        except Misfit as misfit:
            what, hint = misfit.args
            raise NotYet(what, f"{where} torch would stop.", hint) from None
        by = tuple((player, self.weights[player]) for player in line.by)
        parts = tuple(self.names[name] for name in line.needs if name not in line.cut)
        made_of = (line.text, round if line.fresh else 0, by, *(value.term for value in used))
        for i, name in enumerate(line.gives):
            term = used[0].term if line.only_cuts else self.term(*made_of, i)
            self.names[name] = Value(term, by, parts, shape)

    def go_back(self, line: Step, where: str, round: int) -> None:
        loss = self.names[line.back]
        wanted = frozenset(line.moves or self.weights)
        self.asked.add((line.back, round))
        for player, weights in sorted(loss.on_the_way(wanted)):
            if weights != self.weights[player]:
                raise NotYet(
                    f"{player} has moved between {line.back} and {line.text}",
                    f"{where} torch would stop: the weights in the graph were changed by {self.moved_by[player]}.",
                    f"compute {line.back}, and what it is made of, after that step, from the new weights",
                )
        reached = loss.players() & wanted
        for player in sorted(set(line.moves) - reached):
            hint = "has it been cut off, or is it made of something else?"
            raise NotYet(f"{line.back} does not depend on {player}", f"{where} {player} cannot learn from it.", hint)
        for player in reached:
            self.grads[player].append((line.back, round, loss.term))

    def step(self, player: str, line: Step, where: str, round: int) -> None:
        found = self.grads[player]
        if not any((loss, r) == (line.on, round) for loss, r, _ in found):
            cause = f"{line.on}.backward() comes later"
            if (line.on, round) in self.asked:
                cause = f"{self.clearing(player)} has just wiped it away"
            raise NotYet(f"{line.text} finds no gradient", f"{where} {cause}.", "clear, backward, step")
        self.expect_its_own(player, line, where)
        if len(found) > 1:
            raise NotYet(
                f"the last round's gradient is still in {player}: backward() adds to what is there",
                where,
                f"{self.clearing(player)} before {line.on}.backward(), or after the step",
            )
        self.weights[player] = self.term("stepped", self.weights[player], *(term for *_, term in found))
        self.moved_by[player] = line.text

    def expect_its_own(self, player: str, line: Step, where: str) -> None:
        """Only gradients of the loss on which the player should move."""
        for other in {loss for loss, *_ in self.grads[player]} - {line.on}:
            raise NotYet(
                f"the gradient of {other} is still in {player} when {player} steps",
                f"{where} {other}.backward() runs through {player} and leaves its gradient there, which asks for the "
                "opposite.",
                f"{self.clearing(player)} after {other}.backward() and before {line.on}.backward(), of this round or "
                "the next",
            )

    def clearing(self, player: str) -> str:
        """The line that clears this player's gradients."""
        return next(line.text for line in self.puzzle.lines.values() if player in line.clears)
