"""A round that is recorded once and then replayed, as one CUDA graph.

A round of few pictures is thousands of short kernels, and a GPU waits for the processor to ask for each of them. A
recording asks for all at once. It holds the addresses that the kernels read and write, and the numbers that Python
handed them; so whatever differs from round to round must lie in tensors that stay in their places: the batch, the
learning rates, the number of the round. Random numbers follow torch's generator, which is seeded before each round with
a recording as without.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gancourse import workers

if TYPE_CHECKING:
    from gancourse.game import Game

WARM_UP = 3  # rounds before a recording: libraries must be loaded, and Adam's moments made


class Recorded:
    """`game.round`, played as it stands until no tensor of the game is replaced any more (a pool of fakes must be
    full), then recorded, then replayed. A batch of another shape is played as it stands.

    What Python decides in a round is decided once, when it is recorded: a game whose round asks for ``self.played``, or
    for the value of a loss, would get the same answer ever after. None of the core games asks.

    Args:
        game: on a GPU of NVIDIA, and with one worker.

    Raises:
        ValueError: another device, or several workers.
    """

    def __init__(self, game: "Game"):
        expect_recordable(next(game.parameters()).device.type)
        self.game, self.steady = game, 0
        self.replay: Callable[[], None] | None = None
        self.batch: list[Tensor] = []  # where the recording reads its batch
        self.rates: dict[str, Tensor] = {}  # its learning rates, by player
        self.losses: dict[str, Tensor] = {}  # and where it writes its losses

    def round(self, *batch: Tensor) -> None:
        """Play a round."""
        if self.replay is None and self.steady >= WARM_UP:
            self.record(batch)
        if self.replay is None or [part.shape for part in batch] != [part.shape for part in self.batch]:
            return self.as_it_stands(batch)
        for place, part in zip(self.batch, batch, strict=True):
            place.copy_(part)
        for name, rate in self.rates.items():
            rate.fill_(self.game.rate(name))
        self.replay()
        self.game.losses = {title: loss.clone() for title, loss in self.losses.items()}

    def as_it_stands(self, batch: tuple[Tensor, ...]) -> None:
        """Play a round, and see whether anything was replaced by it."""
        before = self.places()
        self.game.round(*batch)
        self.steady = self.steady + 1 if self.places() == before else 0

    def places(self) -> dict[str, tuple]:
        """Where the game's tensors lie, and which optimizers there are."""
        tensors = {name: (t.data_ptr(), t.shape) for name, t in self.game.state_dict(keep_vars=True).items()}
        return tensors | {name: (id(optimizer),) for name, optimizer in self.game.optimizers.items()}

    def record(self, batch: tuple[Tensor, ...]) -> None:
        """Write down what a round asks the GPU for. Nothing is played by that."""
        self.batch = [part.clone() for part in batch]
        self.rates = {name: torch.zeros((), device=batch[0].device) for name in self.game.optimizers}
        with self.rates_in_place():
            self.replay = on_tape(lambda: self.game.round(*self.batch))
        self.losses = self.game.losses

    @contextmanager
    def rates_in_place(self) -> Iterator[None]:
        """While this lasts, Adam reads its learning rates from tensors, and :meth:`~gancourse.game.Game.minimize` sets
        none."""
        groups = {name: optimizer.param_groups[0] for name, optimizer in self.game.optimizers.items()}
        before = {name: group["lr"] for name, group in groups.items()}
        for name, group in groups.items():
            group.update(lr=self.rates[name], capturable=True)
        try:
            yield
        finally:
            for name, group in groups.items():
                group.update(lr=before[name], capturable=False)


def expect_recordable(kind: str) -> None:
    """Raise ValueError unless a round on this kind of device can be recorded."""
    if kind != "cuda":
        raise ValueError(f"only a GPU of NVIDIA can replay a round, and this is {kind}: leave out graph=True")
    if workers.count() > 1:
        raise ValueError("several workers average gradients in each round: leave out graph=True")


def on_tape(play: Callable[[], None]) -> Callable[[], None]:
    """Record what `play` asks the GPU for; what is returned asks for it again."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):  # a loader's thread may use the GPU meanwhile
        play()
    return graph.replay
