"""Judges: what "good" means, measured.

The judge of digits is a small classifier, trained on real images in about a minute and cached. It gives label
accuracy, the coverage of the classes, its confidence, the diversity inside a class, and, on the 64 features before
its last layer, the Fréchet and kernel distances of torchmetrics.
"""

import hashlib
import inspect
import warnings

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Adam
from torch.optim.lr_scheduler import OneCycleLR
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance
from torchvision.transforms.functional import gaussian_blur
from tqdm import tqdm

from gancourse.data.digits import ImageSet
from gancourse.files import cache_folder, cached
from gancourse.loop import Stdout


def held_out(train: ImageSet) -> int:
    """How many of the last training images no judge is trained on (10,000 of 60,000): they show what real scores."""
    return len(train) // 6


class Judge(nn.Module):
    """A classifier of 28 px images: (n, 1, 28, 28) in [-1, 1] -> 64 features -> 10 logits.

    Attributes:
        accuracy: on the test images, 0 to 1.
    """

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 24, 5, padding=2), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2),  # (n, 24, 14, 14)
            nn.Conv2d(24, 48, 3, padding=1), nn.BatchNorm2d(48), nn.ReLU(), nn.MaxPool2d(2),  # (n, 48, 7, 7)
            nn.Flatten(), nn.Linear(48 * 7 * 7, 64), nn.ReLU(),
        )  # fmt: skip
        self.classify = nn.Linear(64, 10)
        self.register_buffer("accuracy", torch.tensor(0.0))
        self.register_buffer("unit", torch.tensor(1.0))  # features are measured in the spread of real ones

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.features(x))

    @torch.no_grad()
    def look(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x: (n, 1, 28, 28) -> features (n, 64), probabilities (n, 10)."""
        self.eval()
        features = torch.cat([self.features(part) for part in x.split(1000)])
        return features / self.unit, self.classify(features).softmax(1)


def train_judge(train: ImageSet, test: ImageSet, *, epochs: int = 3, batch: int = 128, progress: bool = True) -> Judge:
    """A judge trained on all but the held-out images, with its accuracy on the test images."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        judge = Judge().to(train.images.device).train()
        own = train[: len(train) - held_out(train)]
        batches = own.batches(batch, labels=True)
        steps = epochs * batches.per_epoch
        optimizer = Adam(judge.parameters())
        schedule = OneCycleLR(optimizer, max_lr=3e-3, total_steps=steps)
        for i in tqdm(range(steps), desc="training the judge", disable=not progress, file=Stdout()):
            x, y = batches.at(i)
            optimizer.zero_grad()
            cross_entropy(judge(x), y).backward()
            optimizer.step()
            schedule.step()
    features, p = judge.look(test.floats())
    judge.unit.copy_(features.std())
    judge.accuracy.copy_((p.argmax(1) == test.labels).float().mean())
    return judge


def judge_of(train: ImageSet, test: ImageSet, *, progress: bool = True) -> Judge:
    """The cached judge of these images, trained first if there is none.

    It is kept under a checksum of what makes it: the images, the labels and the code of network and training.
    """
    made_of = hashlib.sha256(source_of_judge().encode())
    for part in (train, test):
        made_of.update(part.images.cpu().numpy().tobytes() + part.labels.cpu().numpy().tobytes())
    path = cache_folder() / f"judge-{train.name}-{made_of.hexdigest()[:12]}.pt"
    judge = Judge()
    judge.load_state_dict(cached(path, lambda: train_judge(train, test, progress=progress).state_dict()))
    return judge.to(train.images.device).eval()


def source_of_judge() -> str:
    return inspect.getsource(Judge) + inspect.getsource(train_judge)


class Given(nn.Identity):
    """torchmetrics asks for a feature network; ours has been run already, so it is the identity."""

    num_features = 64


def distances(real: Tensor, fake: Tensor) -> tuple[float, float]:
    """Fréchet distance (Heusel et al. 2017) and kernel distance (Binkowski et al. 2018) of features (n, 64).

    The kernel distance is the mean over 50 subsets of 1,000, or of all where there are fewer.
    """
    real, fake = real.cpu(), fake.cpu()  # Apple's GPUs have no float64; and the features are few
    frechet = FrechetInceptionDistance(Given())
    with warnings.catch_warnings(action="ignore"):  # it warns of the memory for features; ours take 5 MB
        kernel = KernelInceptionDistance(Given(), subsets=50, subset_size=min(1000, len(real), len(fake)))
    for metric in (frechet, kernel):
        metric.update(real, real=True)
        metric.update(fake, real=False)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return frechet.compute().item(), kernel.compute()[0].item()


def spread(features: Tensor) -> float:
    """Mean distance of two different rows of (n, d); 0 if there are fewer than two rows."""
    n = len(features)
    return (torch.pdist(features.cpu().float()).mean()).item() if n > 1 else 0.0


def diversity(features: Tensor, right: Tensor, labels: Tensor, real: Tensor, real_labels: Tensor) -> Tensor:
    """For each class, the spread of its correctly labelled samples over the spread of the real class, (10,).

    Args:
        features, labels: of the samples, (n, 64) and (n,), the labels that were asked for.
        right: (n,) bool, where the judge sees the label that was asked for. Others do not count.
        real, real_labels: features and labels of real images.
    """
    ratios = []
    for c in range(10):
        sample = features[right & (labels == c)][:1000]
        ratios.append(spread(sample) / spread(real[real_labels == c][:1000]))
    return torch.tensor(ratios)


def assess(judge: Judge, images: Tensor, real: ImageSet, labels: Tensor | None = None) -> dict[str, float]:
    """What the judge says of images, beside real ones.

    Args:
        images: (n, 1, 28, 28) in [-1, 1]; 10,000 for the figures that the course quotes.
        real: what they are compared with, the test images.
        labels: (n,), the classes that were asked for, if any were.

    Returns:
        Figures by name.

        classes: how many of the ten the judge sees in at least 1 % of the images;
        rarest: the share of the rarest class;
        confidence: the judge's mean highest probability;
        accuracy: the share of images that are what was asked for (with labels only);
        diversity: the worst class's :func:`diversity` (by the judge's labels where none were asked for);
        frechet, kernel: :func:`distances` to the real images.
    """
    features, p = judge.look(images)
    real_features, _ = judge.look(real.floats())
    seen = p.argmax(1)
    share = seen.bincount(minlength=10) / len(seen)
    asked = seen if labels is None else labels
    frechet, kernel = distances(real_features, features)
    result = {
        "classes": int((share >= 0.01).sum()),
        "rarest": share.min().item(),
        "confidence": p.max(1).values.mean().item(),
        "accuracy": (seen == asked).float().mean().item(),
        "diversity": diversity(features, seen == asked, asked, real_features, real.labels).min().item(),
        "frechet": frechet,
        "kernel": kernel,
    }
    if labels is None:
        del result["accuracy"]
    return result


def controls(train: ImageSet, test: ImageSet) -> dict[str, tuple[Tensor, Tensor]]:
    """Images with labels that any judge worth the name must tell from good samples, and real ones for comparison.

    Returns:
        Images and labels by name.

        "real": training images that no judge has seen; "noise"; "one image repeated"; "swapped labels": real images,
        each under the label of another class; "blurred": test images under a Gaussian of 2 px.
    """
    n = held_out(train)
    held = train[-n:]
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(n, 1, 28, 28, generator=generator).to(held.images.device) * 2 - 1
    once = held[:1].floats().expand(n, -1, -1, -1)
    shift = torch.randint(1, 10, (n,), generator=generator).to(held.labels.device)
    return {
        "real": (held.floats(), held.labels),
        "noise": (noise, held.labels),
        "one image repeated": (once, held.labels[:1].expand(n)),
        "swapped labels": (held.floats(), (held.labels + shift) % 10),
        "blurred": (gaussian_blur(test.floats(), [13, 13], [2.0, 2.0]), test.labels),
    }
