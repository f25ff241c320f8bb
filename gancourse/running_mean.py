"""The running mean of a player's weights."""

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel


class RunningMean(AveragedModel):
    """Torch's averaged model, with a count that stays on the processor: asking a GPU for it would make each round wait.

    Args:
        player: what to follow.
        decay: share of the old mean that is kept in a round; lower in the first rounds, so that the untrained weights
            are soon forgotten: min(decay, (1 + n) / (10 + n)) after n rounds.
    """

    def __init__(self, player: nn.Module, decay: float):
        super().__init__(player, use_buffers=True)
        self.decay = decay

    def _apply(self, *how, **more) -> "RunningMean":
        super()._apply(*how, **more)
        self.n_averaged = self.n_averaged.cpu()
        return self

    @torch.no_grad()
    def update_parameters(self, player: nn.Module) -> None:
        """After a round."""
        n = int(self.n_averaged)
        keep = min(self.decay, (1 + n) / (10 + n)) if n else 0.0
        old, new = ([*net.parameters(), *net.buffers()] for net in (self.module, player))
        means, values = ([t for t in some if t.is_floating_point()] for some in (old, new))
        torch._foreach_lerp_(means, values, 1 - keep)
        for mean, value in zip(old, new, strict=True):
            if not mean.is_floating_point():  # BatchNorm's count of batches
                mean.copy_(value)
        self.n_averaged += 1
