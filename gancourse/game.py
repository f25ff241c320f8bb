"""A GAN is a game: players, the rule for one round, and the loop that plays it.

`Game.minimize` is the whole of the machinery; `train` is a `for` loop with a progress bar and things that look.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from inspect import signature

import torch
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.optim import Optimizer

from gancourse import memory, workers
from gancourse.loop import Minutes, Rounds, places, stop_button, stream, tensors
from gancourse.precision import expect_precision, fitting, inside
from gancourse.recorded import Recorded
from gancourse.running_mean import RunningMean
from gancourse.schedules import Schedule, constant
from gancourse.steps import PlayersAdam, alongside, gradients, not_finite, step, unsound_loss
from gancourse.weights import is_out_of_memory


class NonFiniteLoss(FloatingPointError):
    """A loss became NaN or infinite. No step was taken on it, so no parameter has moved because of it.

    (Running statistics of a BatchNorm may have seen the bad batch.)
    """


class Game(nn.Module):
    """Players (networks that learn) and the rule for one round of play.

    A subclass assigns its players as attributes and writes :meth:`round`. Each player has its own Adam, kept under
    the player's name and made when the player first moves. One of your own, as in ``game.optimizers["G"] = SGD(...)``,
    is told the game's learning rate, too. All players are put in train mode before each round.

    Args:
        lr: Adam's learning rate, one number for all players or one for each, as in ``{"G": 1e-4, "D": 4e-4}``.
            It may be changed between rounds (``game.lr = 1e-4``); the next step uses it.
        betas: Adam's decay rates. (0.5, 0.999) is the choice of Radford et al. 2015 (arXiv:1511.06434), sec. 4.
        schedule: factor on the learning rates by round, see :mod:`gancourse.schedules`.
    """

    def __init__(
        self,
        *,
        lr: float | dict[str, float] = 2e-4,
        betas: tuple[float, float] = (0.5, 0.999),
        schedule: Schedule = constant,
    ):
        super().__init__()
        self.lr = lr
        self.betas = betas
        self.schedule = schedule
        self.played = 0  # rounds so far, kept in checkpoints
        self.share = 0.0  # how much of its run is done, from 0 to 1, as far as `train` told it
        self.torn = False  # whether a round was broken off, so that some players have moved and others not
        self.moving = False  # whether a step is being taken
        self.losses: dict[str, Tensor] = {}  # the last round's losses, by who moved: {"D": ..., "G": ...}
        self.optimizers: dict[str, Optimizer] = {}
        self.averages = nn.ModuleDict()  # running means of players, by name
        self.decays: dict[str, float] = {}
        self.scaling = False  # whether losses are scaled, which fp16 needs
        self.scalers: dict[str, GradScaler] = {}  # by who moves together
        self.unsound: dict[str, Tensor] = {}  # the first round with a step that was left out, by who moved; inf: none
        self.register_buffer("now", torch.zeros(()), persistent=False)  # rounds so far, where the device can read it

    def round(self, *batch: Tensor) -> None:
        """Play one round on one batch: the paper's Algorithm 1."""
        raise NotImplementedError(f"{type(self).__name__} does not say how a round is played: write its round()")

    def _apply(self, *how, **more) -> "Game":
        """What ``game.to(...)`` does, to a device, a type or a memory format: the optimizers come along."""
        super()._apply(*how, **more)
        for optimizer in self.optimizers.values():
            alongside(optimizer)
        return self

    def expect(self, *batch: Tensor) -> None:
        """Raise ValueError if the game cannot be played with this batch. `train` asks before its first round."""

    def minimize(self, loss: Tensor | Iterable[Tensor], *players: nn.Module) -> None:
        """Take one gradient step on `loss` for these players; everyone else holds still.

        Only the parameters of `players` get gradients and move. (The running statistics of a BatchNorm are no
        parameters: they follow every batch that a network sees.)

        Args:
            loss: one number, shape (). Or several that share no computation, of which the sum is meant, best from a
                generator: the gradient of each is taken before the next is computed, so that one is held at a time.
            players: attributes of this game, such as ``self.D``; several may share one loss.

        Raises:
            ValueError: `loss` is not one number, does not depend on one of the players, or a player is not this game's;
                no player is named, or no loss; parts of a loss share a computation, or one of them calls this.
            TypeError: `loss` is no tensor.
            NonFiniteLoss: `loss` or its gradient is NaN or infinite. No step is taken. On a GPU, where asking would
                stall, `train` asks every so many rounds.
        """
        players = tuple(dict.fromkeys(players))  # who plays under two names moves once
        names = [self._name(player) for player in players]
        if not names:
            raise ValueError("minimize() was given no player: say who moves, as in minimize(loss, self.D)")
        title = "+".join(names)
        optimizers = [self.optimizer(name) for name in names]
        params = {p: None for player in players for p in player.parameters() if p.requires_grad}  # each once, in order
        scaler = self.scaler(title) if self.scaling else None
        losses = loss if isinstance(loss, Iterable) and not isinstance(loss, Tensor) else [loss]
        with self._move():
            self.losses[title] = gradients(losses, list(params), title, scaler)
            for name, player in zip(names, players, strict=True):
                if all(p.grad is None for p in player.parameters()):
                    raise ValueError(f"the loss of {title} does not depend on {name}: was its output detached?")
            grads = [p.grad for p in params if p.grad is not None]
            workers.average([self.losses[title], *grads])
            unsound = self._noted(not_finite([self.losses[title]] if scaler else [self.losses[title], *grads]), title)
            for name, optimizer in zip(names, optimizers, strict=True):
                if not optimizer.param_groups[0].get("capturable"):  # else its rate lies on the device, see `Recorded`
                    self.tell_rate(name, optimizer)
                step(optimizer, unsound, scaler)
            if scaler:
                scaler.update()

    @contextmanager
    def _move(self) -> Iterator[None]:
        """While this lasts, parameters have gradients. What a backward() by hand may have left is cleared before, and
        all is cleared after it, however it ends."""
        if self.moving:
            raise ValueError("minimize() was called by a part of another loss: call it before, or after")
        self.moving = True
        self.zero_grad(set_to_none=True)
        try:
            yield
        finally:
            self.zero_grad(set_to_none=True)
            self.moving = False

    def scaler(self, title: str) -> GradScaler:
        """The loss scaler of a set of players that move together: gradients of fp16 would fade without."""
        return self.scalers.setdefault(title, GradScaler("cpu"))  # it works where the loss is, on any device

    def _noted(self, unsound: Tensor, title: str) -> Tensor:
        """Remember the first round in which a loss or a gradient was not finite; raise at once where looking costs
        nothing. On a GPU looking would wait for all that is still computed, and :meth:`expect_sound` looks later."""
        if unsound.is_cuda:
            first = self.unsound.setdefault(title, torch.full_like(unsound, torch.inf))
            torch.minimum(first, torch.where(unsound > 0, self.now, torch.inf), out=first)
        elif unsound:
            raise NonFiniteLoss(unsound_loss(title, self.losses[title]))
        return unsound

    def expect_sound(self) -> None:
        """Raise NonFiniteLoss, naming the first bad round, if a step had to be left out since training began."""
        for title, scaler in self.scalers.items():
            if self.scaling and scaler.get_scale() < 1:
                raise NonFiniteLoss(f"the gradients of {title} have not been finite for long: try bf16 or fp32")
        rounds = {title: first.item() for title, first in self.unsound.items()}
        bad = {title: first for title, first in rounds.items() if first != float("inf")}
        if bad:
            title = min(bad, key=bad.get)
            raise NonFiniteLoss(f"the loss of {title} or its gradient was not finite in round {int(bad[title]) + 1}")

    def average(self, name: str, decay: float = 0.999) -> None:
        """From now on keep a running mean of this player's weights; `train` updates it after every round.

        The players circle around a good place rather than rest in it, and the mean lies nearer to its middle
        (Yazıcı et al. 2019, arXiv:1806.04498). Training is not changed by it.

        Args:
            name: as in ``"G"``. ValueError if there is no such player.
            decay: see :class:`~gancourse.running_mean.RunningMean`.
        """
        if not isinstance(getattr(self, name, None), nn.Module):
            raise ValueError(f"there is no player {name!r} to average, only {self._players()}")
        self.decays[name] = decay
        self.averages[name] = RunningMean(getattr(self, name), decay)

    def averaged(self, name: str) -> nn.Module:
        """The running mean of this player if one is kept, else the player itself."""
        return self.averages[name].module if name in self.averages else getattr(self, name)

    def _name(self, player: nn.Module) -> str:
        for name, child in self.named_children():
            if child is player:
                return name
        what = f"a {type(player).__name__} that is no player of this game ({self._players()})"
        raise ValueError(f"minimize() was given {what}")

    def _players(self) -> str:
        return ", ".join(name for name, _ in self.named_children() if name != "averages")

    def optimizer(self, name: str) -> Optimizer:
        """The Adam of the player of this name, made when it is first asked for.

        A parameter that two players share belongs to the one who moved first, so that it is stepped once.
        """
        mine = [p for p in getattr(self, name).parameters() if p.requires_grad]
        groups = [group for optimizer in self.optimizers.values() for group in optimizer.param_groups]
        taken = {p for group in groups for p in group["params"]}
        free = [p for p in mine if p not in taken]
        if not mine or (not free and name not in self.optimizers):
            raise ValueError(f"{name} has no parameter of its own that could learn: is it frozen?")
        if name not in self.optimizers:
            # fused: one kernel for all parameters, several times faster on a CPU.
            self.optimizers[name] = PlayersAdam(free, lr=self.rate(name), betas=self.betas, fused=True)
        elif free:
            raise ValueError(f"{name} has changed since it began to learn: make a new game for another network")
        return self.optimizers[name]

    def tell_rate(self, name: str, optimizer: Optimizer) -> None:
        """Set the learning rate of an optimizer, and the decay rates of an Adam that the game has made."""
        for group in optimizer.param_groups:
            group["lr"] = self.rate(name)
            if isinstance(optimizer, PlayersAdam):
                group["betas"] = self.betas

    def rate(self, name: str) -> float:
        """The learning rate of the player of this name now."""
        rates = self.lr if isinstance(self.lr, dict) else {name: self.lr}
        if name not in rates:
            raise ValueError(f"lr has no rate for {name}: name every player, as in lr={{'G': 1e-4, 'D': 4e-4}}")
        return rates[name] * self.schedule(self.played, self.share)


History = dict[str, list[float]]


def train(
    game: Game,
    batches: Iterable,
    rounds: int | None = None,
    *,
    minutes: float | None = None,
    look: Callable[[Game], object] | Sequence[Callable[[Game], object]] = (),
    every: int | None = None,
    seed: int = 0,
    precision: str | None = None,
    channels_last: bool = False,
    graph: bool = False,
    average: Sequence[str] = (),
    keep: "Notes | None" = None,
    progress: bool = True,
) -> History:
    """Play `rounds` rounds of `game`, one on each batch, and return the losses of each.

    Without the comforts this is ``for batch in islice(batches, rounds): game.round(*batch)``. The comforts: a
    progress bar with the losses, things that look, and a stop (Ctrl-C or the notebook's stop button) that waits for
    the end of the round, so that the game stays good and training can go on by calling `train` again.

    Args:
        game: moved to a device beforehand; batches follow it there.
        batches: tensors or tuples of tensors. An object with ``at(round)`` is asked for each round's batch and so
            goes on where the game stopped; any other iterable is begun again whenever it ends. Where several workers
            play, all are given the same batches and each plays with its share, see :mod:`gancourse.workers`.
        rounds: how many rounds to play now, on top of ``game.played``.
        minutes: how long to play, in place of `rounds`.
        look: called as ``look(game)`` after every `every`-th round and after the last one. What is drawn at random
            there does not change training, since each round seeds the random state from (seed, round); nor does
            ``game.eval()``.
        every: rounds between looks; when not given, a tenth of `rounds`, or of `minutes`.
        seed: of the random numbers drawn in rounds (noise, dropout).
        precision: "fp32", "bf16" or "fp16", of what is computed inside the players, see :mod:`gancourse.precision`;
            None: what suits the hardware, and how much there is to compute.
        channels_last: keep weights and pictures with the channels of a pixel side by side. What is computed changes by
            rounding alone, but dropout draws in another order. Pays for pictures in bf16, see "Under the hood".
        graph: on a GPU of NVIDIA, record a round and replay it, see :class:`gancourse.recorded.Recorded`: for small
            batches. Not for a game whose rounds differ. Has not run on a GPU yet.
        average: names of players to keep a running mean of from now on, as in ``["G"]``, see :meth:`Game.average`.
        keep: a :class:`gancourse.keeping.Keeper`, which keeps the run in a folder and goes on with what is there.
            `rounds` or `minutes` are then those to be played in all, and the history is that of all of them.
        progress: show the bar.

    Returns:
        One list of floats per loss, as in ``{"D": [...], "G": [...]}``.

    Raises:
        ValueError: neither or both of `rounds` and `minutes`, fewer than one round, no time at all, workers that have
            not joined, a game without players, a mean of no player, a first batch that the game cannot be played with,
            no batch, or a graph where none can be recorded.
        TypeError: `average` or `keep` is of another kind.
        NonFiniteLoss: names the round and the loss. No step was taken on it.
        OutOfMemory: the device has no room for a round with such a batch.
    """
    expect_length(rounds, minutes)
    expect_kinds(game, average, keep)
    memory.hold()
    device = next(game.parameters()).device
    precision = precision or chosen(game, batches)
    expect_precision(precision, device)
    if channels_last:
        game.to(memory_format=torch.channels_last)
    by = Recorded(game) if graph else game
    game.scaling = precision == "fp16"
    for first in game.unsound.values():
        first.fill_(torch.inf)  # in its place, where a recording may write
    for name in set(average) - set(game.averages):
        game.average(name)
    keep = keep or Notes()
    with keep.run(game, int(seed), precision), stop_button() as stopped:
        workers.agree(game)
        run = Rounds(rounds, keep.before(game)) if rounds else Minutes(minutes, keep.spent)
        first, source, (share,) = game.played, stream(batches, game.played), workers.most(run.share(game.played))
        if share >= 1:
            print(f"The game has played {game.played} rounds, and the run is over: ask for more to go on.")
        elif game.schedule(game.played, share) == 0:
            print(f"By its schedule the learning rate is 0 from round {first + 1} on: give the game another schedule.")
        with run.bar(game.played, progress and workers.number() == 0) as bar:
            while share < 1 and not stopped.is_set():
                batch = [workers.mine(t).to(device, non_blocking=True) for t in tensors(next(source))]
                if game.played == first:
                    expect(game, batch)
                game.share, before = share, share
                with inside(players(game), precision):  # and nobody who looks
                    play(game, batch, seed, by)
                share = agreed(run.share(game.played), stopped)
                keep.note(game)  # after the clock was read: what is kept has all the minutes that are over
                if (game.played - first) % 25 == 1 or share >= 1:
                    game.expect_sound()
                    bar.set_postfix_str(", ".join(f"{name} {loss:.3f}" for name, loss in game.losses.items()), False)
                bar.update(run.step())
                last = share >= 1 or stopped.is_set()
                if last or due(game.played - first, every or rounds and max(1, rounds // 10), before, share):
                    for glance in [look] if callable(look) else look:
                        glance(game)
    if stopped.is_set():
        print(f"Stopped after round {game.played}. The game is good: train again to go on.")
    return keep.history()


def expect_length(rounds: int | None, minutes: float | None) -> None:
    """Raise ValueError unless one of them says how long to play."""
    if (rounds is None) == (minutes is None):
        raise ValueError("say how long to play: rounds=..., or minutes=..., and not both")
    if rounds is not None and rounds < 1:
        raise ValueError(f"rounds={rounds}: play at least one")
    if minutes is not None and not 0 < minutes < float("inf"):
        raise ValueError(f"minutes={minutes}: play for some time")


def expect_kinds(game: Game, average: Sequence[str], keep: "Notes | None") -> None:
    """Raise an error unless there are players, and `average` and `keep` are what they should be; and unless workers
    that torchrun has started know one another."""
    workers.expect_joined()
    if not players(game):
        raise ValueError(f"this {type(game).__name__} has no players: assign networks as its attributes")
    if isinstance(average, str):
        raise TypeError(f"average={average!r}: hand in a list of names, as in average=[{average!r}]")
    if keep is not None and not isinstance(keep, Notes):
        raise TypeError(f"keep={keep!r}: hand in a Keeper, as in keep=Keeper({str(keep)!r})")


def chosen(game: Game, batches: Iterable) -> str:
    """The precision that pays for this game, on its device and with a worker's share of such batches."""
    weights = [p for player in players(game) for p in player.parameters()]
    pixels = lambda: places(batches, game.played) / workers.count()  # noqa: E731
    return fitting(weights[0].device, sum(p.numel() for p in weights), pixels)


def agreed(share: float, stopped) -> float:
    """The share of the run that is done, on which all workers agree, as on whether one of them was stopped."""
    share, stop = workers.most(share, stopped.is_set())
    if stop:
        stopped.set()
    return share


def due(i: int, every: int | None, before: float, share: float) -> bool:
    """Whether it is time to look after the i-th round: every so many, or whenever a tenth of the run is done."""
    return i % every == 0 if every else int(10 * share) > int(10 * before)


class Notes:
    """The losses of a run, in memory. A :class:`gancourse.keeping.Keeper` writes them, and the game, into a folder.

    Attributes:
        spent: minutes that the run took before it went on.
    """

    def __init__(self):
        self.losses: dict[str, list[Tensor]] = {}
        self.spent = 0.0

    @contextmanager
    def run(self, game: Game, seed: int, precision: str) -> Iterator[None]:
        """While the game is played."""
        yield

    def before(self, game: Game) -> int:
        """How many of the rounds that the game has played do not belong to this run."""
        return game.played

    def note(self, game: Game) -> None:
        """After a round."""
        for name, loss in game.losses.items():
            self.losses.setdefault(name, []).append(loss)

    def history(self) -> History:
        """The losses of all rounds, by name."""
        return {name: torch.stack(values).float().tolist() for name, values in self.losses.items()}


def players(game: Game) -> list[nn.Module]:
    """The networks of a game that can learn."""
    return [net for name, net in game.named_children() if name != "averages" and list(net.parameters())]


def expect(game: Game, batch: list[Tensor]) -> None:
    """Raise ValueError if the game cannot be played with this batch."""
    takes = signature(game.round)
    try:
        takes.bind(*batch)
    except TypeError:
        raise ValueError(
            f"a batch has {len(batch)} tensors, but {type(game).__name__} plays a round with "
            f"({', '.join(takes.parameters)}): hand it batches of that many"
        ) from None
    game.expect(*batch)


def play(game: Game, batch: list[Tensor], seed: int, by: Game | Recorded | None = None) -> None:
    """One round under the random state of (seed, round), and the running means after it. `by` plays it, if not the
    game."""
    torch.manual_seed(1_000_003 * int(seed) + game.played)
    game.train()
    game.now.fill_(game.played)
    game.losses, game.torn = {}, True
    try:
        (by or game).round(*batch)
    except NonFiniteLoss as error:
        mend = "try a lower learning rate, and look for a division or a log of zero"
        if not all(part.isfinite().all() for part in batch):
            mend = "its batch holds numbers that are NaN or infinite: look where they come from"
        raise NonFiniteLoss(f"{error} in round {game.played + 1}. No step was taken on it; {mend}") from None
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        shapes = " and ".join(str(tuple(part.shape)) for part in batch)
        mend = "try fewer pictures in a batch, smaller pictures, narrower players, or precision='bf16'"
        raise OutOfMemory(f"no room for a round with a batch of {len(batch[0])}, {shapes}: {mend}") from error
    for name, mean in game.averages.items():
        mean.update_parameters(getattr(game, name))
    game.played += 1
    game.torn = False


class OutOfMemory(MemoryError):
    """A round does not fit into the memory of the device."""
