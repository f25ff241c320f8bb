"""Numbers of half the size inside the players, where the hardware is faster with them: Micikevicius et al. 2018
(arXiv:1710.03740).

Only what happens inside a player is computed in them. What comes out is float32 again, so losses, the cycle, gradients,
Adam and the weights themselves stay in float32, and no game knows of any of it.
"""

import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

FEW = 100_000  # of a smaller game the casting takes longer than the products
SMALL, MANY = 10_000, 500  # and of a batch of fewer pixels, if there are more numbers to be cast for each of them
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def fitting(device: torch.device, numbers: int, pixels: Callable[[], float] = lambda: math.inf) -> str:
    """The precision that pays on this device: bf16 where the processor computes in it, fp16 on other GPUs of NVIDIA,
    fp32 elsewhere, and for games of few numbers; on a processor, for small batches of large games, too.
    GANCOURSE_PRECISION, if it is set, says another.

    Args:
        numbers: of all players together, as many as they have parameters.
        pixels: says how many a batch has, in all its pictures.
    """
    if given := os.environ.get("GANCOURSE_PRECISION"):
        return given
    if numbers < FEW:
        return "fp32"
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    if device.type != "cpu" or not computes_in_bf16():
        return "fp32"
    few = pixels()
    return "fp32" if few < SMALL and numbers > MANY * few else "bf16"


def computes_in_bf16() -> bool:
    """Whether this processor has instructions for products of bf16."""
    return any(torch.cpu.get_capabilities().get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def expect_precision(name: str, device: torch.device) -> None:
    """Raise ValueError if there is no such precision, or not on this device."""
    if name not in DTYPES:
        raise ValueError(f"precision {name!r}: choose one of {', '.join(DTYPES)}, or None for what the hardware likes")
    if name == "fp16" and device.type != "cuda":
        raise ValueError(f"precision fp16 needs a GPU of NVIDIA, and this is {device.type}: choose fp32 or bf16")


@contextmanager
def inside(players: list[nn.Module], precision: str) -> Iterator[None]:
    """While this lasts, the players compute in this precision and answer in float32."""
    dtype = DTYPES[precision]
    if precision == "fp32":
        yield
        return
    entered = []  # a player may be run inside another one

    def enter(player: nn.Module, args: tuple) -> None:
        kind = next(player.parameters()).device.type
        # A cache of cast weights would outlive the optimizer's step between two calls.
        entered.append(torch.autocast(kind, dtype, cache_enabled=False))
        entered[-1].__enter__()

    def leave(player: nn.Module, args: tuple, answer: object) -> object:
        entered.pop().__exit__(None, None, None)
        return widened(answer, dtype)

    hooks = [player.register_forward_pre_hook(enter) for player in players]
    hooks += [player.register_forward_hook(leave, always_call=True) for player in players]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def widened(answer: object, dtype: torch.dtype) -> object:
    """What a player answers, with tensors of this type as float32, also those in tuples, lists and dicts."""
    if isinstance(answer, Tensor):
        return answer.float() if answer.dtype == dtype else answer
    if isinstance(answer, dict):
        return {name: widened(part, dtype) for name, part in answer.items()}
    if isinstance(answer, list | tuple) and not hasattr(answer, "_fields"):
        return type(answer)(widened(part, dtype) for part in answer)
    return type(answer)(*(widened(part, dtype) for part in answer)) if isinstance(answer, tuple) else answer
