"""Batches from a data set that lives on the device as one tensor."""

import torch
from torch import Tensor


class Batches:
    """Endless shuffled batches, each known by its number.

    ``batches.at(round)`` depends on (seed, round) alone: every epoch has its own order, and a run that goes on after
    a stop sees what it would have seen. No workers and no copies: for small images an index into one tensor is the
    fastest loader there is. Images kept as uint8 come out as float32 in [-1, 1].

    Args:
        tensors: of equal length, on one device: images, or images and labels, ...
        size: images in a batch. What is left over at the end of an epoch is dropped.
        seed: of the order.

    Raises:
        ValueError: the tensors differ in length, or there are fewer images than one batch takes.
    """

    def __init__(self, *tensors: Tensor, size: int, seed: int = 0):
        lengths = {len(t) for t in tensors}
        if len(lengths) != 1:
            raise ValueError(f"tensors of one data set must be of one length; these have {sorted(lengths)}")
        if not 1 <= size <= len(tensors[0]):
            raise ValueError(f"a batch of {size} from {len(tensors[0])} images: choose a size from 1 to that number")
        self.tensors, self.size, self.seed = tensors, size, seed
        self.per_epoch = len(tensors[0]) // size
        self._epoch, self._order = -1, None

    def at(self, round: int) -> tuple[Tensor, ...]:
        """The batch of this round, counted from 0."""
        epoch, i = divmod(round, self.per_epoch)
        if epoch != self._epoch:
            generator = torch.Generator().manual_seed(1_000_003 * self.seed + epoch)
            order = torch.randperm(len(self.tensors[0]), generator=generator)
            self._epoch, self._order = epoch, order.to(self.tensors[0].device)
        chosen = self._order[i * self.size : (i + 1) * self.size]
        return tuple(to_unit(t[chosen]) for t in self.tensors)

    def __iter__(self):
        """All rounds from 0 on, without end."""
        round = 0
        while True:
            yield self.at(round)
            round += 1


def to_unit(x: Tensor) -> Tensor:
    """uint8 in 0 .. 255 to float32 in [-1, 1]; any other tensor is returned as it is."""
    return x.float().div_(127.5).sub_(1) if x.dtype == torch.uint8 else x
