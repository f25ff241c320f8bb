"""Broken code to mend: of the faults that are still in it, the first is named.

A fault is looked up by what it does. The check plays its own version of the code with every choice of faults in it,
from few to many, until one does exactly what the student's code does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from gancourse.check.verdict import NotYet, same, show


@dataclass(frozen=True)
class Fault:
    """A fault that may be left: its name, and a hint. Faults of one mistake count as one."""

    name: str
    hint: str
    mistake: str = ""


FIRST = "find one, mend it and run the cell again: the next is named then. The folded hints help with the first"


def expect_mended(
    value: Tensor,
    play: Callable[..., Tensor],
    faults: Sequence[Fault],
    told: str,
    *,
    factors: Sequence[float] = (1.0,),
    hint: str = "",
    given: Sequence[bool] = (),
) -> None:
    """Hold what mended code does to what it should do.

    Args:
        value: what the student's code does, as a tensor.
        play: what code with these faults does: takes a bool for each fault.
        told: what is compared, in words, as in "The loss and D's gradients:".
        factors: a multiple by one of these is right, too.
        hint: for a value that no choice of faults explains.
        given: the faults that the code came with. As long as they are all there, none of them is named, so that the
            first is the student's to find.

    Raises:
        NotYet: a fault is left, or the value is wrong in another way.
    """
    right = play(*[False] * len(faults))
    numbers = f"{told} yours {show(value)}, right {show(right)}." if right.numel() <= 8 else told
    for present in sorted(product((False, True), repeat=len(faults)), key=sum):
        other = play(*present)
        if not any(same(value, k * other) for k in factors):
            continue
        left = [fault for fault, there in zip(faults, present, strict=True) if there]
        if left:
            count = len({fault.mistake or fault.name for fault in left})
            if present == tuple(given):
                raise NotYet("all its faults are still there", f"Faults left: {count}. {numbers}", FIRST)
            raise NotYet(left[0].name, f"Faults left: {count}. {numbers}", left[0].hint)
        return
    raise NotYet("it does something else now, and not yet the right thing", numbers, hint)


def with_gradients(loss: Tensor, inputs: Sequence[Tensor]) -> Tensor:
    """A loss, and behind it all its gradients, 0 where it does not depend on an input: one row of numbers."""
    if not loss.requires_grad:
        raise NotYet("no gradient flows", hint="is there a no_grad or a detach too many?")
    gradients = torch.autograd.grad(loss.sum(), inputs, allow_unused=True, materialize_grads=True)
    return torch.cat([loss.detach().flatten(), *(g.flatten() for g in gradients)])
