"""The judge of facades: a segmenter that has learned from real pictures what a window looks like.

If a picture drawn from a label map is good, a segmenter finds the same label map in it: the "FCN score" of Isola et
al. 2017 (arXiv:1611.07004), sec. 4.1. What that score does not see (blur, one colour for all) is measured beside it.
"""

import hashlib
import inspect
import warnings

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate, l1_loss
from torchmetrics.image.kid import KernelInceptionDistance

from gancourse.data.label_maps import CMP, to_mask
from gancourse.data.pairs import Pairs, street_pairs
from gancourse.data.street_plan import CLASSES
from gancourse.files import cache_folder, cached
from gancourse.game import train
from gancourse.games.supervised import Supervised
from gancourse.metrics import Given
from gancourse.scale import device, pick
from gancourse.schedules import linear_decay

WALL = 1  # along CLASSES


def stage(a: int, b: int) -> nn.Sequential:
    """(n, a, h, w) -> (n, b, h, w): two convolutions."""
    layers = [nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
    layers += [nn.Conv2d(b, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
    return nn.Sequential(*layers)


class Segmenter(nn.Module):
    """Pictures (n, 3, h, w) in [-1, 1], h and w divisible by 8 -> logits (n, classes, h, w).

    Attributes:
        middle: mean of each feature over real pictures; features are measured from it.
        unit: spread of each feature over real pictures; features are measured in it.
    """

    def __init__(self, classes: int, base: int = 16):
        super().__init__()
        w = [base, 2 * base, 4 * base, 4 * base]
        self.downs = nn.ModuleList(stage(a, b) for a, b in zip([3, *w], w, strict=False))
        self.ups = nn.ModuleList(stage(a + b, b) for a, b in zip(w[:0:-1], w[-2::-1], strict=True))
        self.classify = nn.Conv2d(base, classes, 1)
        size = sum(w)
        self.register_buffer("middle", torch.zeros(size))
        self.register_buffer("unit", torch.ones(size))

    def encode(self, x: Tensor) -> list[Tensor]:
        """What each stage sees, from full size down to an eighth."""
        seen = []
        for i, layer in enumerate(self.downs):
            x = layer(x if i == 0 else nn.functional.max_pool2d(x, 2))
            seen.append(x)
        return seen

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))

    def decode(self, seen: list[Tensor]) -> Tensor:
        *seen, x = seen
        for layer in self.ups:
            x = layer(torch.cat([interpolate(x, scale_factor=2), seen.pop()], dim=1))
        return self.classify(x)

    @torch.no_grad()
    def look(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x: (n, 3, h, w) -> features (n, d), each channel's mean at every stage; classes (n, h, w)."""
        self.eval()
        features, masks = [], []
        for part in x.split(50):
            seen = self.encode(part)
            features.append(torch.cat([s.mean((2, 3)) for s in seen], dim=1))
            masks.append(self.decode(seen).argmax(1))
        return (torch.cat(features) - self.middle) / self.unit, torch.cat(masks)


def confusion(seen: Tensor, true: Tensor, classes: int) -> Tensor:
    """How many pixels of class i (row) were seen as class j (column): (classes, classes), int64.

    Args:
        seen, true: masks of one shape, integers in 0 .. classes - 1.
    """
    return (true.flatten() * classes + seen.flatten()).bincount(minlength=classes**2).view(classes, classes)


def scores(matrix: Tensor) -> dict[str, float]:
    """Per-pixel accuracy, per-class accuracy and class IoU of a :func:`confusion`, each from 0 to 1.

    Long et al. 2015 (arXiv:1411.4038), sec. 5. Classes that never occur in the truth are left out of the means.
    """
    matrix = matrix.cpu().double()  # Apple's GPUs have no float64
    hit, true, seen = matrix.diag(), matrix.sum(1), matrix.sum(0)
    there = true > 0
    return {
        "pixel": (hit.sum() / true.sum()).item(),
        "class": (hit / true)[there].mean().item(),
        "iou": (hit / (true + seen - hit))[there].mean().item(),
    }


def sharpness(x: Tensor) -> float:
    """Energy of the gradient: the mean square of differences between neighbouring pixels."""
    return (x.diff(dim=2).square().mean() + x.diff(dim=3).square().mean()).item()


def wall_colours(x: Tensor, mask: Tensor) -> Tensor:
    """The mean colour of each house's wall, (k, 3); houses without any wall in sight are left out."""
    wall = (mask == WALL).unsqueeze(1).float()
    some = wall.sum((1, 2, 3)) > 0
    return ((x * wall).sum((2, 3)) / wall.sum((2, 3)))[some]


def spread_of_colours(x: Tensor, mask: Tensor) -> float:
    """Standard deviation over houses of the mean wall colour, averaged over the channels."""
    return wall_colours(x, mask).std(0).mean().item()


def kernel_distance(real: Tensor, fake: Tensor) -> float:
    """KID of features (n, d): Binkowski et al. 2018 (arXiv:1801.01401), sec. 4, over 50 subsets of half of them."""
    with warnings.catch_warnings(action="ignore"):  # it warns of the memory for features
        metric = KernelInceptionDistance(Given(), subsets=50, subset_size=max(2, min(len(real), len(fake)) // 2))
    metric = metric.to(real.device)
    metric.update(real, real=True)
    metric.update(fake, real=False)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return metric.compute()[0].item()


def assess(judge: Segmenter, fake: Tensor, real: Tensor, mask: Tensor) -> dict[str, float]:
    """What the judge says of pictures drawn from label maps.

    Args:
        fake: (n, 3, h, w) in [-1, 1].
        real: the real pictures of the same houses.
        mask: their label maps, (n, h, w).

    Returns:
        Figures by name.

        pixel, class, iou: the FCN score, :func:`scores` of the masks that the judge sees in `fake`;
        l1: mean distance to the real pictures, in units of [-1, 1];
        sharpness, colours: :func:`sharpness` and :func:`spread_of_colours` over those of the real pictures;
        kernel: :func:`kernel_distance` to the real pictures.
    """
    features, seen = judge.look(fake)
    return scores(confusion(seen, mask, judge.classify.out_channels)) | {
        "l1": l1_loss(fake, real).item(),
        "sharpness": sharpness(fake) / sharpness(real),
        "colours": spread_of_colours(fake, mask) / spread_of_colours(real, mask),
        "kernel": kernel_distance(judge.look(real)[0], features),
    }


def controls(real: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """Pictures that any judge worth the name must reject, and the real ones, by name.

    Args:
        real: (n, 3, h, w) in [-1, 1].
        labels: their label maps as colours, (n, 3, h, w) in [-1, 1].
    """
    noise = torch.rand(real.shape, generator=torch.Generator().manual_seed(0)).to(real.device) * 2 - 1
    return {
        "real": real,
        "other houses": real.roll(1, 0),
        "labels handed back": labels,
        "blank": torch.zeros_like(real),
        "noise": noise,
    }


def train_segmenter(pairs: Pairs, classes: int, *, rounds: int, crop: int | None = None, progress=True) -> Segmenter:
    """A segmenter that has seen `rounds` batches of 16 pairs (photo, label map as colours), mirrored by chance."""
    masks = Pairs(pairs.name, pairs.x, to_mask(pairs.y, classes).unsqueeze(1).to(torch.int16))  # no uint8: not pixels
    with torch.random.fork_rng():
        torch.manual_seed(0)
        game = Supervised(Segmenter(classes), mask_loss, lr=3e-3, schedule=linear_decay(rounds // 4, rounds * 3 // 4))
        game.to(pairs.x.device)
        train(game, masks.batches(16, crop=crop, flip=True), rounds, progress=progress)
    judge = game.G
    features = judge.look(pairs[:500].floats()[0])[0]
    judge.middle.copy_(features.mean(0))
    judge.unit.copy_(features.std(0).clamp(min=1e-6))
    return judge.eval()


def mask_loss(logits: Tensor, mask: Tensor) -> Tensor:
    """Cross entropy by pixel; mask: (n, 1, h, w)."""
    return cross_entropy(logits, mask[:, 0].long())


def segmenter_of(pairs: Pairs, classes: int, *, rounds: int, crop: int | None = None, progress=True) -> Segmenter:
    """The cached judge of these pairs, trained first if there is none; kept under a checksum of what makes it."""
    code = "".join(inspect.getsource(part) for part in (stage, Segmenter, train_segmenter, mask_loss))
    made_of = hashlib.sha256(f"{code} {classes} {rounds} {crop}".encode())
    for part in (pairs.x, pairs.y):
        made_of.update(part.contiguous().cpu().numpy().tobytes())
    path = cache_folder() / f"segmenter-{pairs.name}-{made_of.hexdigest()[:12]}.pt"
    found = cached(
        path, lambda: train_segmenter(pairs, classes, rounds=rounds, crop=crop, progress=progress).state_dict()
    )
    judge = Segmenter(classes)
    judge.load_state_dict(found)
    return judge.to(pairs.x.device).eval()


def street_judge(size: int = 64, *, progress: bool = True) -> Segmenter:
    """The judge of the street: trained on houses of its own, in styles that no player has seen."""
    houses, rounds = pick(smoke=(16, 2), laptop=(3000, 800))
    pairs = street_pairs(houses, size, "judge", x="photo", y="labels").to(device())
    return segmenter_of(pairs, len(CLASSES), rounds=rounds, progress=progress)


def facade_judge(pairs: Pairs, *, crop: int | None = None, progress: bool = True) -> Segmenter:
    """The judge of real facades.

    Args:
        pairs: photos with their label maps as colours, none of which a player is judged on.
        crop: side of the squares that it sees in training, see :class:`~gancourse.data.pairs.PairBatches`.

    Raises:
        ValueError: fewer pairs than one batch takes.
    """
    if len(pairs) < 16:
        raise ValueError(f"a judge of facades learns from batches of 16 pairs, and {pairs.name} has {len(pairs)}")
    return segmenter_of(pairs, CMP, rounds=pick(smoke=2, laptop=1000), crop=crop, progress=progress)
