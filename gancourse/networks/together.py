"""One pass for several batches, where no picture's answer depends on the others beside it."""

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def together(net: nn.Module, *batches: Tensor) -> tuple[Tensor, ...]:
    """A network's answers to each of several batches.

    They go through it as one batch, which is faster than one after the other, most of all where batches are small. A
    BatchNorm that is being trained takes mean and spread over all that it is given, so a network with one gets each
    batch on its own, and so do pictures of different sizes.

    Args:
        batches: (n, c, h, w), (m, c, h, w), ... A network that compares pictures of a batch in another way than by
            BatchNorm must not be handed in.
    """
    coupled = any(isinstance(module, _BatchNorm) and module.training for module in net.modules())
    if coupled or len({batch.shape[1:] for batch in batches}) > 1:
        return tuple(net(batch) for batch in batches)
    return net(torch.cat(batches)).split([len(batch) for batch in batches])
