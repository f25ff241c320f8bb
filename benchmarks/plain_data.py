"""The textbook's data: one picture after the other, as a PIL image through torchvision's transforms, in a `DataLoader`.

The pictures are in memory already. The tutorials' and the reference project's loops would read, decode and resize them
in every epoch; so what is timed here flatters the textbook.
"""

import random
from collections.abc import Iterable, Iterator

from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms.functional import crop, hflip, normalize, to_tensor

from benchmarks.digits_round import TutorialSet  # noqa: F401  the digits, of which there is one already
from gancourse.scale import device


class PairSet(Dataset):
    """Pairs (x, y): a square cut out at random and mirrored by chance, both pictures alike.

    Args:
        x, y: pictures (n, 3, h, w), uint8.
        size: side of the square, pixels.
    """

    def __init__(self, x: Tensor, y: Tensor, size: int):
        self.x, self.y = ([Image.fromarray(one.permute(1, 2, 0).cpu().numpy()) for one in some] for some in (x, y))
        self.size = size

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        how = self.jitter(self.x[i])
        return self.prepared(self.x[i], *how), self.prepared(self.y[i], *how)

    def jitter(self, picture: Image.Image) -> tuple[int, int, bool]:
        """Top, left, mirrored."""
        spare = [side - self.size for side in picture.size]
        return random.randint(0, spare[1]), random.randint(0, spare[0]), random.random() < 0.5

    def prepared(self, picture: Image.Image, top: int, left: int, mirrored: bool) -> Tensor:
        cut = crop(picture, top, left, self.size, self.size)
        return normalize(to_tensor(hflip(cut) if mirrored else cut), [0.5] * 3, [0.5] * 3)


class UnpairedSet(PairSet):
    """Pictures of two domains: y is drawn at random, and each has a square and a mirror of its own."""

    def __getitem__(self, i):
        x, y = self.x[i], random.choice(self.y)
        return self.prepared(x, *self.jitter(x)), self.prepared(y, *self.jitter(y))


def loader(data: Dataset, size: int) -> DataLoader:
    """Shuffled batches; beside a GPU by four workers, as in the reference project. A CPU has no core to spare."""
    workers = 4 if device().type == "cuda" else 0
    return DataLoader(data, size, shuffle=True, drop_last=True, num_workers=workers)


def around(batches: Iterable, parts: int) -> Iterator[list[Tensor]]:
    """Batches without end, on the device; of each the first `parts` tensors (images without labels have one)."""
    while True:
        for batch in batches:
            yield [part.to(device()) for part in batch[:parts]]
