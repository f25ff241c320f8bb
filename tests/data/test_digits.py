"""Loading: checked files, one clear line where something is not there, nothing half-written."""

import gzip
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.datasets import MNIST

from gancourse import recipes
from gancourse.data import digits
from gancourse.data.batches import Batches


@pytest.fixture
def nothing_here(tmp_path, monkeypatch):
    """An empty cache, no GANCOURSE_DATA, no network; drawing is made quick."""
    monkeypatch.setenv("GANCOURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("GANCOURSE_DATA", raising=False)

    def offline(*args, **kwargs):
        raise OSError("Network is unreachable")

    monkeypatch.setattr(digits, "download_url", offline)
    few = digits.procedural_digits.ProceduralDigits.batch
    monkeypatch.setattr(digits.procedural_digits.ProceduralDigits, "batch", lambda self, which: few(self, which[:50]))
    return tmp_path


def published_like(folder: Path, monkeypatch) -> Path:
    """A small set in MNIST's format, whose md5s are made the published ones."""
    from hashlib import md5

    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    resources = []
    for file, _ in MNIST.resources:
        n = 7 if file.startswith("train") else 5
        content = bytes(8) + bytes(range(n)) if "labels" in file else bytes(16) + bytes(n * 784 - 1) + b"\xff"
        (raw / file).write_bytes(gzip.compress(content))
        resources.append((file, md5((raw / file).read_bytes()).hexdigest()))
    monkeypatch.setattr(MNIST, "resources", resources)
    return raw


def test_read_from_a_folder_that_is_only_read(nothing_here, monkeypatch):
    raw = published_like(nothing_here / "data", monkeypatch)
    monkeypatch.setenv("GANCOURSE_DATA", str(nothing_here / "data"))
    before = {p: p.stat().st_mtime_ns for p in raw.iterdir()}
    train, test = digits.load("mnist"), digits.load("mnist", train=False)
    assert (
        train.images.shape == (7, 1, 28, 28)
        and train.images.dtype == torch.uint8
        and train.images[-1, 0, -1, -1] == 255
    )
    assert train.labels.tolist() == list(range(7)) and len(test) == 5 and train.name == "mnist"
    assert {p: p.stat().st_mtime_ns for p in raw.iterdir()} == before
    assert train.floats().min() == -1 and train.floats().max() == 1


def test_a_truncated_file_is_named_with_its_mend(nothing_here, monkeypatch):
    raw = published_like(nothing_here / "data", monkeypatch)
    monkeypatch.setenv("GANCOURSE_DATA", str(nothing_here / "data"))
    path = raw / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match="train-images-idx3-ubyte.gz is damaged.*delete it"):
        digits.load("mnist")


def test_falls_back_to_drawn_digits_in_one_line(nothing_here, capsys):
    images = digits.load("mnist")
    said = capsys.readouterr().out.strip()
    assert images.name == "digits" and said.count("\n") == 0 and "procedural digits" in said
    digits.load("mnist", download=False)


def test_a_download_that_was_asked_for_and_fails_names_file_address_and_the_offline_choice(nothing_here):
    with pytest.raises(digits.NotHere, match=r"train-images.*https?://.*offline") as caught:
        digits.load("mnist", download=True)
    assert "\n" not in str(caught.value)
    with pytest.raises(digits.NotHere, match="offline"):
        digits.load("fashion")
    assert not [p for p in (nothing_here / "cache").rglob("*") if p.is_file()]


def test_a_download_is_checked_then_named(nothing_here, monkeypatch):
    raw = published_like(nothing_here / "elsewhere", monkeypatch)
    tried = []

    def second_mirror(url, folder, file, md5):
        tried.append(url)
        if url.startswith(MNIST.mirrors[0]):
            raise OSError("connection reset")
        shutil.copy(raw / file, folder)

    monkeypatch.setattr(digits, "download_url", second_mirror)
    assert len(digits.load("mnist", download=True)) == 7
    assert len(tried) == 4  # two files, two mirrors each
    kept = sorted(p.name for p in (nothing_here / "cache" / "MNIST" / "raw").iterdir())
    assert kept == ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"]


def test_a_cache_that_cannot_be_written_is_named(nothing_here, monkeypatch):
    (nothing_here / "file").write_text("in the way")
    monkeypatch.setenv("GANCOURSE_CACHE", str(nothing_here / "file"))
    with pytest.raises(OSError, match="cannot write .*file.*another folder"):
        digits.load("digits")


def test_unknown_name(nothing_here):
    with pytest.raises(ValueError, match="'cifar'.*mnist, digits, fashion"):
        digits.load("cifar")


def test_drawn_digits_are_cached_and_the_parts_differ(nothing_here, monkeypatch):
    first = digits.load("digits")
    test = digits.load("digits", train=False)
    assert not torch.equal(first.images, test.images)
    monkeypatch.setattr(digits.procedural_digits.ProceduralDigits, "batch", None)  # must not be needed again
    assert torch.equal(digits.load("digits").images, first.images)


@pytest.mark.skipif("GANCOURSE_DATA" not in os.environ, reason="needs the real MNIST")
def test_real_mnist_is_what_it_is_known_to_be():
    train, test = digits.load("mnist"), digits.load("mnist", train=False)
    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert train.images.float().mean().item() == pytest.approx(0.1307 * 255, rel=1e-3)


def test_batches_are_known_by_their_number_and_cover_an_epoch():
    x, y = torch.arange(100), torch.arange(100) * 2
    batches = Batches(x, y, size=30, seed=3)
    seen = torch.cat([batches.at(i)[0] for i in range(3)])
    assert len(seen.unique()) == 90 and all(torch.equal(b * 2, c) for b, c in (batches.at(i) for i in range(5)))
    again = Batches(x, y, size=30, seed=3)
    assert torch.equal(again.at(7)[0], batches.at(7)[0]) and torch.equal(again.at(1)[0], batches.at(1)[0])
    assert not torch.equal(batches.at(0)[0], batches.at(3)[0])  # each epoch has its own order
    assert not torch.equal(batches.at(0)[0], Batches(x, size=30, seed=4).at(0)[0])


def test_batches_scale_bytes_and_refuse_what_cannot_be():
    (x,) = Batches(torch.tensor([0, 255], dtype=torch.uint8).view(2, 1), size=2).at(0)
    assert sorted(x.flatten().tolist()) == [-1, 1] and x.dtype == torch.float32
    with pytest.raises(ValueError, match="of one length"):
        Batches(torch.zeros(3), torch.zeros(4), size=2)
    for size in (0, 4):
        with pytest.raises(ValueError, match=f"a batch of {size} from 3"):
            Batches(torch.zeros(3), size=size)


def test_parts_of_a_set_and_numpy_stay_aligned():
    images = digits.ImageSet("x", torch.arange(5, dtype=torch.uint8).view(5, 1, 1, 1), torch.arange(5))
    part = images[torch.tensor([3, 1])]
    assert part.images.flatten().tolist() == part.labels.tolist() == [3, 1] and len(images[:2]) == 2
    assert np.array_equal(images.labels.numpy(), range(5))


def test_a_folder_that_is_not_there_is_told(nothing_here, monkeypatch):
    monkeypatch.setenv("GANCOURSE_DATA", str(nothing_here / "nowhere"))
    with pytest.raises(ValueError, match="GANCOURSE_DATA is .*nowhere.*no such folder"):
        digits.load("mnist")


def test_damaged_drawn_digits_are_drawn_again(nothing_here, capsys):
    first = digits.load("digits")
    (path,) = (nothing_here / "cache").glob("digits-*.pt")
    path.write_bytes(path.read_bytes()[:100])
    assert torch.equal(digits.load("digits").images, first.images)
    assert f"{path} is damaged (it is cut off): it is made again." in capsys.readouterr().out
    assert torch.equal(torch.load(path, weights_only=True)["labels"], first.labels)


def test_half_of_mnist_is_no_mnist(nothing_here, monkeypatch):
    """With the training part here and the test part not, players and judge still share one world."""
    raw = published_like(nothing_here / "data", monkeypatch)
    for path in raw.glob("t10k*"):
        path.unlink()
    monkeypatch.setenv("GANCOURSE_DATA", str(nothing_here / "data"))
    assert [part.name for part in recipes.digit_sets("mnist")] == ["digits", "digits"]
