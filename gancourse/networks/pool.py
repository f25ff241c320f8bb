"""A memory of earlier fakes, for critics that should not chase the newest one: Shrivastava et al. 2017
(arXiv:1612.07828), sec. 2.3, as Zhu et al. 2017 (arXiv:1703.10593), sec. 4, use it."""

import torch
from torch import Tensor, nn

from gancourse import workers


class ImagePool(nn.Module):
    """Hands on new pictures or old ones, by chance.

    Picture by picture: while the pool is not full, the picture is stored and handed on. After that, half of the time
    it is handed on, and half of the time it takes the place of a stored one, which is handed on instead. The stored
    pictures are a buffer, so that checkpoints keep them.

    Args:
        size: pictures it holds. 0 hands on whatever comes.

    Raises:
        ValueError: a negative size.
    """

    def __init__(self, size: int = 50):
        super().__init__()
        if size < 0:
            raise ValueError(f"a pool of {size} pictures: 0 or more")
        self.size = size
        self.register_buffer("stored", torch.empty(0))  # (k, c, h, w), k <= size

    def forward(self, pictures: Tensor) -> Tensor:
        """pictures: (n, c, h, w) -> (n, c, h, w), without gradient.

        Where several workers play, all have the same pool: the pictures of all of them go through it.
        """
        if not self.size:
            return pictures.detach()
        return workers.mine(torch.stack([self.swap(picture) for picture in workers.gathered(pictures)]))

    def swap(self, picture: Tensor) -> Tensor:
        if len(self.stored) < self.size:
            self.stored = (
                torch.cat([self.stored.to(picture), picture[None]]) if len(self.stored) else picture[None].clone()
            )
            return picture
        if picture.is_cuda:
            return self.swap_unseen(picture)
        if torch.rand(()) < 0.5:
            return picture
        i = int(torch.randint(self.size, ()))
        old = self.stored[i].clone()
        self.stored[i] = picture
        return old

    def swap_unseen(self, picture: Tensor) -> Tensor:
        """The rule of a full pool for a GPU, which draws the numbers itself and tells nobody: so a round can be
        recorded (:mod:`gancourse.recorded`)."""
        i = torch.randint(self.size, (1,), device=picture.device)
        keep = torch.rand((), device=picture.device) < 0.5
        old = self.stored[i][0]
        self.stored[i] = torch.where(keep, picture, old)[None]
        return torch.where(keep, old, picture)

    def _load_from_state_dict(self, state_dict, prefix, *rest):
        """A pool of any filling can be loaded into any other."""
        if (stored := state_dict.get(prefix + "stored")) is not None:
            self.stored = stored.to(self.stored.device, copy=True)
        super()._load_from_state_dict(state_dict, prefix, *rest)
