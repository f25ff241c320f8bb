"""What a training loop needs beside the game: batches without end, how far it is, a bar, and a way to stop."""

import math
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count

from torch import Tensor
from tqdm import tqdm


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


def tensors(batch: object) -> Sequence[Tensor]:
    """A batch as a sequence of tensors, or ValueError."""
    batch = batch if isinstance(batch, list | tuple) else [batch]
    for part in batch:
        if not isinstance(part, Tensor):
            raise ValueError(f"a batch holds a {type(part).__name__}: batches are tensors, or tuples of tensors")
    return batch


def places(batches: Iterable, first: int = 0) -> float:
    """How many pixels a batch has, in all its pictures; or points, if it holds no pictures. Infinitely many where
    batches have no `at` and are no list: to look at one would be to take it from them."""
    if hasattr(batches, "at"):
        batch = batches.at(first)
    elif isinstance(batches, Sequence) and batches:
        batch = batches[0]
    else:
        return math.inf
    return max((part.shape[:1].numel() * part.shape[2:].numel() for part in tensors(batch)), default=math.inf)


class Rounds:
    """A run of so many rounds.

    Args:
        rounds: to be played.
        before: rounds that the game had played when the run began.
    """

    def __init__(self, rounds: int, before: int):
        self.rounds, self.before = rounds, before

    def share(self, played: int) -> float:
        """How much of the run is done when the game has played so many rounds; 1 at its end."""
        return (played - self.before) / self.rounds

    def bar(self, played: int, shown: bool) -> tqdm:
        """A progress bar with what is left."""
        left = max(0, self.before + self.rounds - played)
        return tqdm(total=left, unit=" rounds", disable=not shown, file=Stdout())

    def step(self) -> float:
        """By how much a round moves the bar."""
        return 1


class Minutes:
    """A run of so many minutes by a clock that is never set back.

    Args:
        minutes: to be played.
        spent: minutes that the run has had already.
    """

    def __init__(self, minutes: float, spent: float):
        self.minutes, self.spent = minutes, spent
        self.begun = self.last = time.monotonic()
        self.left = round(60 * max(0, minutes - spent))  # seconds, as the bar has them

    def share(self, played: int) -> float:
        """How much of the run is done; 1 at its end."""
        return (self.spent + (time.monotonic() - self.begun) / 60) / self.minutes

    def bar(self, played: int, shown: bool) -> tqdm:
        """A progress bar with the seconds that are left."""
        layout = "{percentage:3.0f}%|{bar}| {n:.0f}/{total} seconds{postfix}"
        return tqdm(total=self.left, bar_format=layout, disable=not shown, file=Stdout())

    def step(self) -> float:
        """By how much a round moves the bar, which the last round does not push over its end."""
        before, self.last = (min(at - self.begun, self.left) for at in (self.last, time.monotonic()))
        moved, self.last = self.last - before, self.last + self.begun
        return moved


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
