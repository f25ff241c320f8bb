"""Several processes that play one game: each takes its share of every batch, and all hold the same weights.

``torchrun --nproc-per-node 2 -m gancourse train ...`` starts them, and :func:`joined` makes them know each other.
Elsewhere there is one worker, and everything here leaves things as they are.

All workers draw from the same seed. Noise is sliced from one draw (:func:`gancourse.noise.normal`), but dropout inside
a network draws the same mask for each worker's share.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout

import torch
import torch.distributed as dist
from torch import Tensor, nn


def count() -> int:
    """How many workers there are."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def number() -> int:
    """This worker's number, from 0. Worker 0 writes what is kept, and speaks."""
    return dist.get_rank() if count() > 1 else 0


KNOWN: list[int] = []  # this worker, once it has joined the others


def started() -> int:
    """How many workers torchrun has started."""
    return int(os.environ.get("WORLD_SIZE", 1))


def expect_joined() -> None:
    """Raise ValueError if torchrun has started several workers, and this one has never joined the others: each would
    play a game of its own."""
    if started() > 1 and not KNOWN:
        raise ValueError(
            f"torchrun has started {started()} workers that do not know one another: "
            "train inside `with gancourse.workers.joined():`"
        )


@contextmanager
def joined() -> Iterator[None]:
    """Join the others if torchrun started this process, and leave them at the end. Only worker 0 prints.

    Raises:
        ValueError: there are GPUs, but fewer than workers.
    """
    KNOWN.append(number())
    if started() < 2:
        yield
        return
    if torch.cuda.is_available():
        own = torch.device("cuda", own_gpu(int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()))
        torch.cuda.set_device(own)
        dist.init_process_group("nccl", device_id=own)
    else:
        dist.init_process_group("gloo")
    try:
        with open(os.devnull, "w") as silence, redirect_stdout(silence) if number() else nullcontext():
            yield
    finally:
        leave()


def own_gpu(worker: int, gpus: int) -> int:
    """The number of this worker's GPU, or ValueError if there is none for it."""
    if worker >= gpus:
        raise ValueError(f"worker {worker + 1} finds {gpus} GPU(s) here: ask torchrun for --nproc-per-node {gpus}")
    return worker


def leave() -> None:
    """From now on this process is alone: what it does, such as judging, is not shared."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


def whole(n: int, pictures: int) -> int:
    """The size of a batch of which each worker plays with n pictures, or with fewer if there are fewer in all."""
    return min(n, pictures // count()) * count()


def mine(batch: Tensor) -> Tensor:
    """This worker's rows of a batch, (n, ...) -> (n / workers, ...).

    Raises:
        ValueError: the rows cannot be shared out evenly.
    """
    if count() == 1:
        return batch
    if len(batch) % count():
        raise ValueError(f"a batch of {len(batch)} cannot be shared by {count()} workers: take a multiple of {count()}")
    return batch.chunk(count())[number()]


@torch.no_grad()
def agree(net: nn.Module) -> None:
    """Give all workers the weights of worker 0, whatever each of them began with."""
    if count() > 1:
        for p in net.parameters():
            first = p.detach().contiguous()
            dist.broadcast(first, 0)
            p.copy_(first)


@torch.no_grad()
def average(tensors: list[Tensor]) -> None:
    """Put into each tensor, on every worker, its mean over the workers."""
    if count() == 1:
        return
    flat = torch.cat([t.reshape(-1) for t in tensors])  # in the widest of their types
    dist.all_reduce(flat)
    for t, mean in zip(tensors, flat.div_(count()).split([t.numel() for t in tensors]), strict=True):
        t.copy_(mean.view_as(t))


def gathered(part: Tensor) -> Tensor:
    """The rows of all workers in order, (n, ...) -> (n * workers, ...), without gradient."""
    if count() == 1:
        return part.detach()
    parts = [torch.empty_like(part) for _ in range(count())]
    dist.all_gather(parts, part.detach().contiguous())
    return torch.cat(parts)


def most(*numbers: float) -> list[float]:
    """The largest that any worker has of each number, so that all decide alike."""
    if count() == 1:
        return list(numbers)
    place = "cuda" if dist.get_backend() == "nccl" else "cpu"
    found = torch.tensor(numbers, dtype=torch.float64, device=place)
    dist.all_reduce(found, dist.ReduceOp.MAX)
    return found.tolist()


def wait() -> None:
    """Until all are here."""
    if count() > 1:
        dist.barrier()


def synchronized(player: nn.Module) -> nn.Module:
    """The same player, whose BatchNorm takes mean and spread over the batches of all workers. Torch can do that on
    GPUs only; elsewhere each worker's norms see its own share."""
    if count() == 1 or next(player.parameters()).device.type != "cuda":
        return player
    return nn.SyncBatchNorm.convert_sync_batchnorm(player)
