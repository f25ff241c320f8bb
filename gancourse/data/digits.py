"""Small labelled images as one tensor: MNIST and Fashion-MNIST through torchvision, and digits drawn on the spot."""

import gzip
import hashlib
import inspect
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchvision.datasets import MNIST, FashionMNIST
from torchvision.datasets.utils import check_integrity, download_url

from gancourse.data import procedural_digits
from gancourse.data.batches import Batches, to_unit
from gancourse.files import cache_folder, cached, reason, written

NAMES = ("mnist", "digits", "fashion")


@dataclass(frozen=True)
class ImageSet:
    """Labelled images that live on one device.

    Attributes:
        name: "mnist", "digits" (procedural) or "fashion".
        images: (n, 1, 28, 28), uint8.
        labels: (n,), int64 in 0 .. 9.
    """

    name: str
    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, chosen) -> "ImageSet":
        """A part of the set: a slice, a mask or indices."""
        return ImageSet(self.name, self.images[chosen], self.labels[chosen])

    def to(self, device) -> "ImageSet":
        """The same set on a device."""
        return ImageSet(self.name, self.images.to(device), self.labels.to(device))

    def floats(self) -> Tensor:
        """All images as float32 in [-1, 1], (n, 1, 28, 28)."""
        return to_unit(self.images)

    def batches(self, size: int, *, labels: bool = False, seed: int = 0) -> Batches:
        """Endless shuffled batches: (images,) or (images, labels), images in [-1, 1]."""
        tensors = (self.images, self.labels) if labels else (self.images,)
        return Batches(*tensors, size=size, seed=seed)


def load(name: str = "mnist", *, train: bool = True, download: bool | None = None) -> ImageSet:
    """60,000 training or 10,000 test images of 28 px.

    MNIST and Fashion-MNIST are looked for in the folder GANCOURSE_DATA (read only; torchvision's layout, packed
    files), then in the cache, then downloaded; each file is checked against its published md5. If MNIST cannot be
    had, procedural digits stand in for it and one line says so.

    Args:
        name: "mnist", "digits" (procedural, needs nothing) or "fashion".
        train: the training part or the test part.
        download: True insists on the published set, False never asks the network, None tries.

    Raises:
        ValueError: the name is unknown, a file is damaged, or GANCOURSE_DATA names no folder.
        NotHere: the set cannot be had, and either it is not MNIST or `download` is True.
        OSError: the cache folder cannot be written.
    """
    if name == "digits":
        return drawn(train)
    if name not in NAMES:
        raise ValueError(f"unknown data set {name!r}: choose one of {', '.join(NAMES)}")
    try:
        return published(name, train, download)
    except NotHere:
        if name != "mnist" or download:
            raise
        print("MNIST is not on this machine and could not be downloaded: procedural digits stand in for it.")
        return drawn(train)


def published(name: str, train: bool, download: bool | None) -> ImageSet:
    """MNIST or Fashion-MNIST from the packed files that its authors published."""
    kind = {"mnist": MNIST, "fashion": FashionMNIST}[name]
    part = "train" if train else "t10k"
    images, labels = [
        unpack(locate(kind, file, md5, download)) for file, md5 in kind.resources if file.startswith(part)
    ]
    # An idx file: a header of 4 bytes and 4 more for each dimension, then the bytes.
    images = torch.from_numpy(images[16:].reshape(-1, 1, 28, 28))
    return ImageSet(name, images, torch.from_numpy(labels[8:]).long())


def unpack(path: Path) -> np.ndarray:
    with gzip.open(path) as file:
        return np.frombuffer(bytearray(file.read()), np.uint8)


def locate(kind: type[MNIST], file: str, md5: str, download: bool | None) -> Path:
    """The whole, checked file: from GANCOURSE_DATA, from the cache, or from its publisher into the cache."""
    inside = Path(kind.__name__) / "raw" / file
    given = os.environ.get("GANCOURSE_DATA")
    if given and not Path(given).is_dir():
        raise ValueError(f"GANCOURSE_DATA is {given}, and there is no such folder: correct it, or unset it")
    for folder in ([Path(given)] if given else []) + [cache_folder()]:
        path = folder / inside
        if path.exists():
            if not check_integrity(str(path), md5):
                raise ValueError(f"{path} is damaged (its md5 is not {md5}): delete it, or fetch it again")
            return path
    if download is False:
        raise NotHere(f"no {file} in GANCOURSE_DATA or the cache: allow a download, or use data 'digits'")
    return fetch(kind.mirrors, file, md5, cache_folder() / inside)


def fetch(mirrors: list[str], file: str, md5: str, path: Path) -> Path:
    """Download `file` from the first mirror that answers, check it, and only then give it its name."""
    with written(path) as partial, tempfile.TemporaryDirectory() as folder, patience(15):
        for mirror in mirrors:
            try:
                download_url(mirror + file, folder, file, md5)
            except (OSError, RuntimeError) as error:
                why = reason(error)
            else:
                shutil.copyfile(Path(folder) / file, partial)
                break
        else:
            raise NotHere(f"{file} could not be downloaded from {mirrors[0]}: {why}. {OFFLINE}")
    return path


class NotHere(LookupError):
    """A published set is neither on this machine nor to be downloaded."""


OFFLINE = "Work offline with data 'digits', or point GANCOURSE_DATA at a folder that has MNIST/raw/*.gz"


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """A time limit for connections that do not set their own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def drawn(train: bool) -> ImageSet:
    """Procedural digits, drawn once and cached; the test part has indices of its own."""
    first, n = (0, 60_000) if train else (1_000_000, 10_000)
    recipe = hashlib.sha256(inspect.getsource(procedural_digits).encode()).hexdigest()[:12]
    path = cache_folder() / f"digits-{recipe}-{first}-{n}.pt"

    def draw() -> dict[str, Tensor]:
        images, labels = procedural_digits.ProceduralDigits().batch(range(first, first + n))
        return {"images": images, "labels": labels}

    return ImageSet("digits", **cached(path, draw))
