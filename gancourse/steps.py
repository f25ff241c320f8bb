"""A step of an optimizer: gradients of one loss or of several, no step where one is not finite, and moments that lie as
their parameters do."""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.amp import GradScaler
from torch.optim import Adam, Optimizer


class PlayersAdam(Adam):
    """The Adam that a game makes for each player, as against an optimizer of the user's own."""


def gradients(losses: Iterable[Tensor], params: list[Tensor], title: str, scaler: GradScaler | None) -> Tensor:
    """Add the gradient of each loss to those of these parameters before the next loss is computed; return their sum."""
    found = []
    for loss in losses:
        if not isinstance(loss, Tensor):
            raise TypeError(f"the loss of {title} is a {type(loss).__name__}, not a tensor")
        if loss.numel() != 1:
            raise ValueError(f"the loss of {title} has shape {tuple(loss.shape)}, not one number: forgot .mean()?")
        if loss.requires_grad:
            backward(scaler.scale(loss) if scaler else loss, params, title)
        found.append(loss.detach().reshape(()).clone())
        del loss  # and with it what is left of its graph
    if not found:
        raise ValueError(f"minimize() was given no loss of {title}")
    return sum(found[1:], found[0])


def backward(loss: Tensor, params: list[Tensor], title: str) -> None:
    """Add the gradient of one loss to those of these parameters, and of nobody else."""
    try:
        loss.backward(inputs=params)
    except RuntimeError as error:
        if "backward through the graph a second time" not in str(error):
            raise
        what = f"the loss of {title} shares a computation with one whose gradient has been taken"
        raise ValueError(f"{what}: compute it anew, or add the two up") from None


def step(optimizer: Optimizer, unsound: Tensor, scaler: GradScaler | None) -> None:
    """One step of an optimizer, left out where `unsound` is 1."""
    if scaler:
        scaler.step(optimizer)
    elif optimizer.param_groups[0].get("fused"):
        optimizer.found_inf = unsound  # read by the fused kernel, on the device
        optimizer.step()
    elif not unsound:  # an optimizer of the user's own
        optimizer.step()


def not_finite(tensors: list[Tensor]) -> Tensor:
    """1 if there is a NaN or an infinity among them, else 0: one number, float32, on their device."""
    norms = torch.stack(torch._foreach_norm([t.float() for t in tensors]))
    return norms.isfinite().all().logical_not().float()


def unsound_loss(title: str, loss: Tensor) -> str:
    """What was wrong with a step."""
    if loss.isfinite():
        return f"the loss of {title} is {loss.item():.3g}, but its gradient is not finite"
    return f"the loss of {title} is {loss.item()}"


def alongside(optimizer: Optimizer) -> None:
    """Put what an optimizer keeps of each parameter where the parameter lies: same device, type and memory format.

    Adam's fused kernel reads parameter, gradient and moments in the order in which they lie in memory. If one of them
    lay in another order it would, without a word, take each weight's moments for another's.
    """
    for p, kept in optimizer.state.items():
        for key, value in kept.items():
            if isinstance(value, Tensor) and value.shape == p.shape:
                kept[key] = torch.empty_like(p).copy_(value)
            elif isinstance(value, Tensor) and optimizer.param_groups[0].get("fused"):
                kept[key] = value.to(p.device)  # the number of steps
