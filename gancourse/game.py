"""A GAN is a game: players, the rule for one round, and the loop that plays it.

`Game.minimize` is the whole of the machinery; `train` is a `for` loop with a progress bar and things that look.
"""

import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from inspect import signature
from itertools import count

import torch
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.optim import Adam, Optimizer
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from gancourse.precision import expect_precision, fitting, inside


class NonFiniteLoss(FloatingPointError):
    """A loss became NaN or infinite. No step was taken on it, so no parameter has moved because of it.

    (Running statistics of a BatchNorm may have seen the bad batch.)
    """


class Game(nn.Module):
    """Players (networks that learn) and the rule for one round of play.

    A subclass assigns its players as attributes and writes :meth:`round`. Each player has its own Adam, kept under
    the player's name and made when the player first moves.

    Args:
        lr: Adam's learning rate, one number for all players or one for each, as in ``{"G": 1e-4, "D": 4e-4}``.
            It may be changed between rounds (``game.lr = 1e-4``); the next step uses it.
        betas: Adam's decay rates. (0.5, 0.999) is the choice of Radford et al. 2015 (arXiv:1511.06434), sec. 4.
    """

    def __init__(self, *, lr: float | dict[str, float] = 2e-4, betas: tuple[float, float] = (0.5, 0.999)):
        super().__init__()
        self.lr = lr
        self.betas = betas
        self.played = 0  # rounds so far, kept in checkpoints
        self.losses: dict[str, Tensor] = {}  # the last round's losses, by who moved: {"D": ..., "G": ...}
        self.optimizers: dict[str, Optimizer] = {}
        self.averages = nn.ModuleDict()  # running means of players, by name
        self.decays: dict[str, float] = {}
        self.scaling = False  # whether losses are scaled, which fp16 needs
        self.scalers: dict[str, GradScaler] = {}  # by who moves together
        self.unsound: dict[str, Tensor] = {}  # the first round with a step that was left out, by who moved; inf: none

    def round(self, *batch: Tensor) -> None:
        """Play one round on one batch: the paper's Algorithm 1."""
        raise NotImplementedError(f"{type(self).__name__} does not say how a round is played: write its round()")

    def expect(self, *batch: Tensor) -> None:
        """Raise ValueError if the game cannot be played with this batch. `train` asks before its first round."""

    def minimize(self, loss: Tensor, *players: nn.Module) -> None:
        """Take one gradient step on `loss` for these players; everyone else holds still.

        Only the parameters of `players` get gradients and move. (The running statistics of a BatchNorm are no
        parameters: they follow every batch that a network sees.)

        Args:
            loss: one number, shape ().
            players: attributes of this game, such as ``self.D``; several may share one loss.

        Raises:
            ValueError: `loss` is not one number, does not depend on one of the players, or a player is not this game's;
                no player is named.
            NonFiniteLoss: `loss` or its gradient is NaN or infinite. No step is taken. On a GPU, where asking would
                stall, `train` asks every so many rounds.
        """
        names = [self._name(player) for player in players]
        title = "+".join(names)
        self._refuse(loss, title)
        optimizers = [self.optimizer(name) for name in names]
        params = {p: None for player in players for p in player.parameters() if p.requires_grad}  # each once, in order
        self.zero_grad(set_to_none=True)  # what a backward() by hand may have left
        scaler = self.scaler(title) if self.scaling else None
        if loss.requires_grad:
            (scaler.scale(loss) if scaler else loss).backward(inputs=list(params))
        for name, player in zip(names, players, strict=True):
            if all(p.grad is None for p in player.parameters()):
                self.zero_grad(set_to_none=True)
                raise ValueError(f"the loss of {title} does not depend on {name}: was its output detached?")
        grads = [p.grad for p in params if p.grad is not None]
        unsound = self._noted(not_finite([loss.detach()] if scaler else [loss.detach(), *grads]), loss, title)
        for name, optimizer in zip(names, optimizers, strict=True):
            optimizer.param_groups[0].update(lr=self._rate(name), betas=self.betas)
            if scaler:
                scaler.step(optimizer)
            else:
                optimizer.found_inf = unsound  # where it is 1, the fused kernel takes no step
                optimizer.step()
        if scaler:
            scaler.update()
        self.zero_grad(set_to_none=True)

    def scaler(self, title: str) -> GradScaler:
        """The loss scaler of a set of players that move together: gradients of fp16 would fade without."""
        return self.scalers.setdefault(title, GradScaler())

    def _noted(self, unsound: Tensor, loss: Tensor, title: str) -> Tensor:
        """Remember the first round in which a loss or a gradient was not finite; raise at once where looking costs
        nothing. On a GPU looking would wait for all that is still computed, and :meth:`expect_sound` looks later."""
        if unsound.is_cuda:
            now = torch.where(unsound > 0, float(self.played), torch.inf)
            self.unsound[title] = torch.minimum(self.unsound.get(title, now), now)
        elif unsound:
            self.zero_grad(set_to_none=True)
            raise NonFiniteLoss(unsound_loss(title, loss))
        return unsound

    def expect_sound(self) -> None:
        """Raise NonFiniteLoss, naming the first bad round, if a step had to be left out since training began."""
        rounds = {title: first.item() for title, first in self.unsound.items()}
        bad = {title: first for title, first in rounds.items() if first != float("inf")}
        if bad:
            title = min(bad, key=bad.get)
            raise NonFiniteLoss(f"the loss of {title} or its gradient was not finite in round {int(bad[title]) + 1}")

    def _refuse(self, loss: Tensor, title: str) -> None:
        if not title:
            raise ValueError("minimize() was given no player: say who moves, as in minimize(loss, self.D)")
        if loss.numel() != 1:
            raise ValueError(f"the loss of {title} has shape {tuple(loss.shape)}, not one number: forgot .mean()?")
        self.losses[title] = loss.detach()

    def average(self, name: str, decay: float = 0.999) -> None:
        """From now on keep a running mean of this player's weights; `train` updates it after every round.

        The players circle around a good place rather than rest in it, and the mean lies nearer to its middle
        (Yazıcı et al. 2019, arXiv:1806.04498). Training is not changed by it.

        Args:
            name: as in ``"G"``.
            decay: share of the old mean that is kept in a round; lower in the first rounds, so that the untrained
                weights are soon forgotten: min(decay, (1 + n) / (10 + n)) after n rounds.
        """
        self.decays[name] = decay
        self.averages[name] = AveragedModel(getattr(self, name), multi_avg_fn=running_mean(decay), use_buffers=True)

    def averaged(self, name: str) -> nn.Module:
        """The running mean of this player if one is kept, else the player itself."""
        return self.averages[name].module if name in self.averages else getattr(self, name)

    def _name(self, player: nn.Module) -> str:
        for name, child in self.named_children():
            if child is player:
                return name
        players = ", ".join(name for name, _ in self.named_children() if name != "averages")
        raise ValueError(f"minimize() was given a {type(player).__name__} that is no player of this game ({players})")

    def optimizer(self, name: str) -> Optimizer:
        """The Adam of the player of this name, made when it is first asked for.

        A parameter that two players share belongs to the one who moved first, so that it is stepped once.
        """
        mine = [p for p in getattr(self, name).parameters() if p.requires_grad]
        taken = {p for optimizer in self.optimizers.values() for p in optimizer.param_groups[0]["params"]}
        if name not in self.optimizers:
            free = [p for p in mine if p not in taken]
            if not free:
                raise ValueError(f"{name} has no parameter of its own that could learn: is it frozen?")
            # fused: one kernel for all parameters, several times faster on a CPU.
            self.optimizers[name] = Adam(free, lr=self._rate(name), betas=self.betas, fused=True)
        elif any(p not in taken for p in mine):
            raise ValueError(f"{name} has changed since it began to learn: make a new game for another network")
        return self.optimizers[name]

    def _rate(self, name: str) -> float:
        if not isinstance(self.lr, dict):
            return self.lr
        if name not in self.lr:
            raise ValueError(f"lr has no rate for {name}: name every player, as in lr={{'G': 1e-4, 'D': 4e-4}}")
        return self.lr[name]


def not_finite(tensors: list[Tensor]) -> Tensor:
    """1 if there is a NaN or an infinity among them, else 0: one number, float32, on their device."""
    norms = torch.stack(torch._foreach_norm([t.float() for t in tensors]))
    return norms.isfinite().all().logical_not().float()


def unsound_loss(title: str, loss: Tensor) -> str:
    """What was wrong with a step."""
    if loss.isfinite():
        return f"the loss of {title} is {loss.item():.3g}, but its gradient is not finite"
    return f"the loss of {title} is {loss.item()}"


def running_mean(decay: float) -> Callable:
    """The update of :meth:`Game.average`, in the form that torch's AveragedModel asks for."""

    @torch.no_grad()
    def update(means: list[Tensor], values: list[Tensor], n: Tensor | int) -> None:
        keep = min(decay, (1 + int(n)) / (10 + int(n)))
        if means[0].is_floating_point():
            torch._foreach_lerp_(means, values, 1 - keep)
        else:  # BatchNorm's count of batches
            for mean, value in zip(means, values, strict=True):
                mean.copy_(value)

    return update


History = dict[str, list[float]]


def train(
    game: Game,
    batches: Iterable,
    rounds: int,
    *,
    look: Callable[[Game], object] | Sequence[Callable[[Game], object]] = (),
    every: int | None = None,
    seed: int = 0,
    precision: str | None = None,
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
            goes on where the game stopped; any other iterable is begun again whenever it ends.
        rounds: how many rounds to play now, on top of ``game.played``.
        look: called as ``look(game)`` after every `every`-th round and after the last one. What is drawn at random
            there does not change training, since each round seeds the random state from (seed, round); nor does
            ``game.eval()``.
        every: rounds between looks; a tenth of `rounds` when not given.
        seed: of the random numbers drawn in rounds (noise, dropout).
        precision: "fp32", "bf16" or "fp16", of what is computed inside the players, see :mod:`gancourse.precision`;
            None: what suits the hardware.
        keep: a :class:`gancourse.keeping.Keeper`, which keeps the run in a folder and goes on with what is there.
            `rounds` are then those to be played in all, and the history is that of all of them.
        progress: show the bar.

    Returns:
        One list of floats per loss, as in ``{"D": [...], "G": [...]}``.

    Raises:
        ValueError: `rounds` is below 1, the first batch is nothing the game can be played with, or there is no batch.
        NonFiniteLoss: names the round and the loss. No step was taken on it.
    """
    if rounds < 1:
        raise ValueError(f"rounds={rounds}: play at least one")
    looks = [look] if callable(look) else list(look)
    every = every or max(1, rounds // 10)
    device = next(game.parameters()).device
    precision = precision or fitting(device)
    expect_precision(precision, device)
    game.scaling, game.unsound = precision == "fp16", {}
    keep = keep or Notes()
    with keep.run(game, seed, precision), inside(players(game), precision), stop_button() as stopped:
        left = keep.left(game, rounds)
        bar = tqdm(total=left, unit=" rounds", disable=not progress, file=Stdout())
        for i, batch in zip(range(1, left + 1), stream(batches, game.played), strict=False):
            batch = [t.to(device, non_blocking=True) for t in tensors(batch)]
            if i == 1:
                expect(game, batch)
            play(game, batch, seed)
            keep.note(game)
            if i % 25 == 1 or i == left:
                game.expect_sound()
                bar.set_postfix_str(", ".join(f"{name} {loss:.3f}" for name, loss in game.losses.items()), False)
            bar.update()
            last = i == left or stopped.is_set()
            for glance in looks if last or i % every == 0 else ():
                glance(game)
            if stopped.is_set():
                break
        bar.close()
    if stopped.is_set():
        print(f"Stopped after round {game.played}. The game is good: train again to go on.")
    return keep.history()


class Notes:
    """The losses of a run, in memory. A :class:`gancourse.keeping.Keeper` writes them, and the game, into a folder."""

    def __init__(self):
        self.losses: dict[str, list[Tensor]] = {}

    @contextmanager
    def run(self, game: Game, seed: int, precision: str) -> Iterator[None]:
        """While the game is played."""
        yield

    def left(self, game: Game, rounds: int) -> int:
        """How many of the rounds are to be played now."""
        return rounds

    def note(self, game: Game) -> None:
        """After a round."""
        for name, loss in game.losses.items():
            self.losses.setdefault(name, []).append(loss)

    def history(self) -> History:
        """The losses of all rounds, by name."""
        return {name: torch.stack(values).float().tolist() for name, values in self.losses.items()}


def players(game: Game) -> list[nn.Module]:
    """The networks of a game that learn."""
    return [net for name, net in game.named_children() if name != "averages" and list(net.parameters())]


def tensors(batch: object) -> Sequence[Tensor]:
    """A batch as a sequence of tensors, or ValueError."""
    batch = batch if isinstance(batch, list | tuple) else [batch]
    for part in batch:
        if not isinstance(part, Tensor):
            raise ValueError(f"a batch holds a {type(part).__name__}: batches are tensors, or tuples of tensors")
    return batch


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


def play(game: Game, batch: list[Tensor], seed: int) -> None:
    """One round under the random state of (seed, round), and the running means after it."""
    torch.manual_seed(1_000_003 * seed + game.played)
    game.train()
    game.losses = {}
    try:
        game.round(*batch)
    except NonFiniteLoss as error:
        mend = "no step was taken on it. Try a lower learning rate, and look for a division or a log of zero"
        raise NonFiniteLoss(f"{error} in round {game.played + 1}; {mend}") from None
    game.played += 1
    for name, mean in game.averages.items():
        mean.update_parameters(getattr(game, name))


def stream(batches: Iterable, first: int = 0) -> Iterator:
    """Batches without end: from ``batches.at(first)`` on if there is an `at`, else around and around."""
    if hasattr(batches, "at"):
        yield from (batches.at(i) for i in count(first))
    while True:
        empty = True
        for batch in batches:
            empty = False
            yield batch
        if empty:
            raise ValueError(
                "there is no (further) batch to train on: the data is empty, or an iterator that has ended"
            )


class Stdout:
    """Standard output as it is now: notebooks replace it, and a bar on standard error would look like a fault."""

    def __getattr__(self, name):
        return getattr(sys.stdout, name)


@contextmanager
def stop_button() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into a flag that is read between rounds; a second one interrupts at once."""
    pressed = threading.Event()

    def press(number, frame):
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    if threading.current_thread() is not threading.main_thread():  # only the main thread may handle signals
        yield pressed
        return
    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
