"""Unpaired data: pairs that are truly broken, independent draws, folders, and the truth that judges keep."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gancourse.data import unpaired as unpaired_file
from gancourse.data.digits import ImageSet
from gancourse.data.folders import PairedFolder, read_picture, resized
from gancourse.data.label_maps import to_colours
from gancourse.data.pairs import Pairs, street_pairs
from gancourse.data.procedural_digits import ProceduralDigits
from gancourse.data.street import Street
from gancourse.data.unpaired import (
    GROUND,
    STROKE,
    AheadBatches,
    OnDisk,
    Truth,
    Unpaired,
    UnpairedBatches,
    UnpairedFolder,
    broken,
    coloured_digits,
    cousin,
    digits_truth,
    street_truth,
    street_unpaired,
)
from gancourse.game import train


def numbered(n: int, first: int = 0, side: int = 8) -> torch.Tensor:
    """Pictures that say who they are in channel 0, and where a pixel lies in channels 1 and 2."""
    x = torch.zeros(n, 3, side, side, dtype=torch.uint8)
    x[:, 0] += torch.arange(first, first + n, dtype=torch.uint8).view(n, 1, 1)
    x[:, 1] += torch.arange(side, dtype=torch.uint8).view(1, side, 1)
    x[:, 2] += torch.arange(side, dtype=torch.uint8)
    return x


def bytes_of(x: torch.Tensor) -> torch.Tensor:
    return ((x + 1) * 127.5).round().long()


def who(x: torch.Tensor) -> list[int]:
    return bytes_of(x)[:, 0, 0, 0].tolist()


def corner(x: torch.Tensor) -> list[tuple[int, int, bool]]:
    """Of each picture: the row and the column of its upper left pixel, and whether it is mirrored."""
    return [(int(p[1, 0, 0]), int(p[2].min()), bool(p[2, 0, 0] > p[2, 0, -1])) for p in bytes_of(x)]


@pytest.mark.parametrize(("n", "m"), [(6, 6), (10, 4), (4, 10)])
def test_an_epoch_is_as_long_as_the_longer_domain_and_shows_all_of_x(n, m):
    batches = Unpaired("numbers", numbered(n), numbered(m, 100)).batches(2)
    assert batches.per_epoch == max(n, m) // 2
    for epoch in range(3):
        seen = [i for k in range(batches.per_epoch) for i in who(batches.at(epoch * batches.per_epoch + k)[0])]
        times = [seen.count(i) for i in range(n)]
        assert sum(times) == max(n, m) and max(times) - min(times) <= (max(n, m) % n > 0) and min(times) >= 1
    assert [who(batches.at(i)[0]) for i in range(3)] != [[0, 1], [2, 3], [4, 5]]  # shuffled


def test_y_is_drawn_independently_of_x():
    n = 12
    batches = Unpaired("numbers", numbered(n), numbered(n)).batches(3, seed=2)
    together = torch.zeros(n, n)
    for round in range(2400):
        x, y = batches.at(round)
        together[who(x), who(y)] += 1
    assert together.sum(1).unique().tolist() == [together.sum() / n]  # each x equally often
    assert (together.sum(0) / together.sum() * n - 1).abs().max() < 0.15  # and y nearly, by chance
    expected = together.sum() / n**2
    assert ((together - expected) ** 2 / expected).sum() < 200  # chi squared with about 132 degrees of freedom
    assert together.diag().sum() / together.sum() < 1.3 / n
    firsts = [tuple(map(int, (who(x)[0], who(y)[0]))) for x, y in (batches.at(i) for i in range(200))]
    assert sum(a == b for a, b in firsts) < 40  # the seeds of order and draws lie apart


def test_a_batch_depends_on_seed_and_round_alone():
    pictures = Unpaired("numbers", numbered(7), numbered(9, 100))
    one, other = (pictures.batches(2, crop=5, flip=True, seed=4) for _ in range(2))
    torch.manual_seed(0)
    later = one.at(11)
    torch.rand(5)
    for round in (3, 0, 25, 11):
        again = other.at(round)
    assert all(torch.equal(a, b) for a, b in zip(later, again, strict=True))
    third = pictures.batches(2, crop=5, flip=True, seed=5)
    assert any(not torch.equal(third.at(i)[0], one.at(i)[0]) for i in range(3))
    assert torch.equal(next(iter(one))[1], one.at(0)[1])


def test_jitter_is_of_its_own_for_each_picture_and_in_range():
    batches = Unpaired("numbers", numbered(5), numbered(5)).batches(2, crop=6, flip=True)
    corners = [(corner(x), corner(y)) for x, y in (batches.at(i) for i in range(300))]
    xs, ys = ([c for pair in corners for c in pair[k]] for k in (0, 1))
    for seen in (xs, ys):
        assert {(top, left) for top, left, _ in seen} == {(i, j) for i in range(3) for j in range(3)}
        assert 0.44 < sum(mirrored for *_, mirrored in seen) / len(seen) < 0.56
    assert sum(a == b for a, b in zip(xs, ys, strict=True)) / len(xs) < 0.1  # 1/18 by chance
    x, y = batches.at(0)
    assert x.shape == y.shape == (2, 3, 6, 6) and x.dtype == torch.float32 and -1 <= x.min() <= x.max() <= 1


def test_domains_may_differ_in_size_and_channels_and_must_not_be_empty():
    pictures = Unpaired("odd", numbered(3), numbered(5, side=12)[:, :1])
    x, y = pictures.batches(2).at(0)
    assert x.shape == (2, 3, 8, 8) and y.shape == (2, 1, 12, 12)
    assert len(pictures) == 5 and pictures.swapped().x.shape == (5, 1, 12, 12)
    assert pictures.to("cpu").floats()[0].min() == -1
    with pytest.raises(ValueError, match="a crop of 9 px from pictures of 8 x 8"):
        pictures.batches(2, crop=9)
    with pytest.raises(ValueError, match="a batch of 6 from 5"):
        pictures.batches(6)
    with pytest.raises(ValueError, match="odd: 0 pictures of x and 5 of y"):
        Unpaired("odd", pictures.x[:0], pictures.y)


def test_broken_pairs_have_no_counterpart():
    x = numbered(7)
    halves = broken(Pairs("numbers", x, x + 100))
    assert halves.x[:, 0, 0, 0].tolist() == [0, 1, 2] and halves.y[:, 0, 0, 0].tolist() == [103, 104, 105, 106]
    with pytest.raises(ValueError, match="0 pictures of x and 1 of y"):
        broken(Pairs("numbers", x[:1], x[:1]))


def test_no_house_of_the_street_is_in_both_domains():
    street = Street(3, 32)
    for x, y in (("photo", "labels"), ("day", "dusk"), ("edges", "snow")):
        pictures = street_unpaired(4, 32, x, y, seed=3)
        assert pictures.x.shape == pictures.y.shape == (4, 3, 32, 32) and pictures.name == "street"
    labels, dusk = (street_unpaired(4, 32, y=y, seed=3).y for y in ("labels", "dusk"))
    assert torch.equal(labels, street.batch(range(4, 8)).labels)
    assert torch.equal(dusk, street.batch(range(4, 8), "dusk").photo)
    assert torch.equal(street_unpaired(4, 32, seed=3).x, street.batch(range(4)).photo)
    every = street.batch(range(8)).mask
    assert not any(torch.equal(every[i], every[j]) for i in range(4) for j in range(4, 8))
    with pytest.raises(ValueError, match="view 'night': choose one of photo, labels, planes, edges, day, dusk, snow"):
        street_unpaired(2, 32, y="night")
    with pytest.raises(ValueError, match="0 pictures of x"):
        street_unpaired(0, 32)


def test_the_truth_of_the_street_is_the_same_house_of_another_part():
    houses = Street(0, 32, "test").batch(range(3))
    truth = street_truth(3, 32)
    assert torch.equal(truth.x, houses.photo) and torch.equal(truth.y, to_colours(houses.mask))
    assert torch.equal(truth.mask, houses.mask) and torch.equal(truth.lit, houses.lit) and truth.label is None
    dusk = street_truth(3, 32, "day", "dusk", "judge", seed=1)
    there = Street(1, 32, "judge")
    assert torch.equal(dusk.x, there.batch(range(3)).photo) and torch.equal(dusk.y, there.batch(range(3), "dusk").photo)
    part = truth.to("cpu")[1:]
    assert isinstance(part, Truth) and len(part) == 2 and torch.equal(part.lit, houses.lit[1:])
    assert part.floats()[1].max() <= 1
    assert not torch.equal(street_truth(1, 32).x, street_unpaired(1, 32).x)


def some_digits(n: int = 10) -> ImageSet:
    return ImageSet("digits", *ProceduralDigits().batch(range(n)))


def test_digits_and_the_cousins_of_other_digits():
    digits = some_digits()
    pictures, truth = coloured_digits(digits), digits_truth(digits)
    assert pictures.x.shape == pictures.y.shape == (5, 3, 32, 32) and pictures.name == "digits"
    assert torch.equal(pictures.x, truth.x[:5]) and torch.equal(pictures.y, truth.y[5:])
    assert torch.equal(truth.x[:, 1, 2:-2, 2:-2], digits.images[:, 0]) and torch.equal(truth.label, digits.labels)
    with pytest.raises(ValueError, match="turn 45: choose 0, 90, 180 or 270"):
        coloured_digits(digits, turn=45)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_cousin_is_turned_against_the_clock_and_there_is_a_way_back(turn):
    grey = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    y = cousin(grey, turn)
    turned = np.rot90(grey[0, 0].numpy(), turn // 90)
    assert y.dtype == torch.uint8 and tuple(y[0, :, turned == 0].flatten().tolist()) == GROUND
    assert tuple(y[0, :, turned == 255].flatten().tolist()) == STROKE
    red = torch.rot90(y, -turn // 90, (2, 3))[0, 0].flatten().long()
    assert (((red - GROUND[0]) * 255 / (STROKE[0] - GROUND[0])).round() - torch.arange(256)).abs().max() <= 1


def picture(i: int, w: int = 24, h: int = 16) -> Image.Image:
    return Image.fromarray(np.random.default_rng(i).integers(0, 256, (h, w, 3), dtype=np.uint8))


def save(image: Image.Image, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


def fill(a: Path, b: Path, n: int = 11, m: int = 3) -> None:
    """n pictures in one folder, m of another size in the other, under unlike names."""
    for i in range(1, n + 1):
        save(picture(i), a / f"{i}.png")
    for i in range(1, m + 1):
        save(picture(100 + i, 20, 30), b / f"other {i}.bmp")


@pytest.fixture
def horses(tmp_path):
    fill(tmp_path / "horses" / "trainA", tmp_path / "horses" / "trainB")
    fill(tmp_path / "horses" / "testA", tmp_path / "horses" / "testB", 2, 1)
    return tmp_path / "horses"


def test_a_folder_of_two_domains_in_natural_order(horses):
    pictures = UnpairedFolder(horses, size=18)
    assert pictures.name == "horses" and (len(pictures.x), len(pictures.y), len(pictures)) == (11, 3, 11)
    assert torch.equal(pictures.x[9], resized(read_picture(horses / "trainA" / "10.png"), 18))
    assert torch.equal(pictures.y[1], resized(read_picture(horses / "trainB" / "other 2.bmp"), 18))
    test = UnpairedFolder(horses, "test", 18)
    assert (len(test.x), len(test.y)) == (2, 1) and isinstance(pictures.batches(1), UnpairedBatches)


@pytest.mark.parametrize(
    ("one", "other", "part", "sides"),
    [
        ("train/A", "train/B", "train", ("A", "B")),
        ("A/train", "B/train", "train", ("A", "B")),
        ("A", "B", None, ("A", "B")),
        ("horse", "zebra", None, ("horse", "zebra")),
    ],
)
def test_other_layouts_hold_the_same(horses, tmp_path, one, other, part, sides):
    fill(tmp_path / "two" / one, tmp_path / "two" / other)
    two, same = UnpairedFolder(tmp_path / "two", part, 16, sides=sides), UnpairedFolder(horses, size=16)
    assert torch.equal(two.x, same.x) and torch.equal(two.y, same.y)


@pytest.mark.parametrize("jitter", [{}, {"crop": 13, "flip": True}])
@pytest.mark.parametrize("size", [1, 4])
def test_batches_are_the_same_to_the_bit_resident_or_on_disk(horses, size, jitter, capsys):
    resident, on_disk = UnpairedFolder(horses, size=17), UnpairedFolder(horses, size=17, memory=1000)
    assert "horses: 14 pictures take 0.0 GB at 17 px: decoded batch by batch" in capsys.readouterr().out
    assert isinstance(on_disk.x, OnDisk) and isinstance(on_disk.to("cpu").y, OnDisk)
    a, b = (folder.batches(size, seed=3, **jitter) for folder in (resident, on_disk))
    assert isinstance(b, AheadBatches)
    for round in (0, 1, 2, 3, 10, 11, 12, 2, 50):  # over the ends of epochs, backwards, and far ahead
        assert all(torch.equal(one, other) for one, other in zip(a.at(round), b.at(round), strict=True))
    for chosen in (slice(2, 5), torch.tensor([7, 1]), torch.arange(11) % 2 == 0):
        assert torch.equal(resident.x[chosen], on_disk.x[chosen])
    assert torch.equal(resident.floats()[1], on_disk.floats()[1])


def test_memory_counts_both_domains(horses):
    assert isinstance(UnpairedFolder(horses, size=10, memory=14 * 3 * 100).x, torch.Tensor)
    assert isinstance(UnpairedFolder(horses, size=10, memory=14 * 3 * 100 - 1).x, OnDisk)


def test_the_next_round_is_decoded_while_one_is_played(horses, monkeypatch):
    batches = UnpairedFolder(horses, size=16, memory=0).batches(1)
    batches.at(0)
    shown = batches.begun[1].result()
    monkeypatch.setattr(unpaired_file, "read_picture", lambda file: 1 / 0)
    assert torch.equal(batches.at(1)[0], shown[0])
    with pytest.raises(ZeroDivisionError):
        batches.at(7)


@pytest.mark.parametrize("memory", [0, 1e9])
def test_pictures_that_cannot_be_taken_are_named(horses, memory):
    bad = horses / "trainB" / "zz.png"
    save(picture(1, 30, 7), bad)
    with pytest.raises(ValueError, match="zz.png is 30 x 7: pictures have 8 pixels or more each way"):
        UnpairedFolder(horses, memory=memory)
    bad.write_text("no picture")
    with pytest.raises(ValueError, match="zz.png is no picture, or is damaged"):
        UnpairedFolder(horses, memory=memory)
    whole = save(picture(1, 200, 200), bad).read_bytes()
    bad.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="zz.png is no picture, or is damaged.*truncated"):
        UnpairedFolder(horses, memory=memory).y[:]  # on disk, its head is whole


def test_what_is_not_there_is_told(horses, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder .*nowhere"):
        UnpairedFolder(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="has no valA/ and valB/.*It has the folders testA, testB, trainA, tr"):
        UnpairedFolder(horses, "val")
    save(picture(1), tmp_path / "half" / "trainA" / "1.png")
    with pytest.raises(FileNotFoundError, match="there is no folder .*trainB"):
        UnpairedFolder(tmp_path / "half")
    (tmp_path / "half" / "trainB").mkdir()
    with pytest.raises(ValueError, match="trainB has no pictures"):
        UnpairedFolder(tmp_path / "half")
    fill(tmp_path / "plain" / "A", tmp_path / "plain" / "B", 1, 1)
    with pytest.raises(FileNotFoundError, match="say part=None"):
        UnpairedFolder(tmp_path / "plain")
    with pytest.raises(ValueError, match="size 0"):
        UnpairedFolder(horses, size=0)


def test_a_pair_of_folders_can_be_read_in_either_way(tmp_path):
    for i, side in enumerate("AB"):
        for k in (1, 2):
            save(picture(10 * i + k), tmp_path / f"train{side}" / f"{k}.png")
    pairs, apart = PairedFolder(tmp_path, size=16)[:], UnpairedFolder(tmp_path, size=16)
    assert torch.equal(pairs.x, apart.x) and torch.equal(pairs.y, apart.y)


def test_a_game_trains_on_it(horses):
    from torch import nn

    from gancourse.games.cyclegan import CycleGAN
    from gancourse.networks.patchgan import PatchGAN
    from gancourse.networks.resnet import ResNetGenerator

    for memory in (0, 1e9):
        batches = UnpairedFolder(horses, size=20, memory=memory).batches(1, crop=16, flip=True)
        forgers = [ResNetGenerator(base=2, blocks=1) for _ in "GF"]
        game = CycleGAN(*forgers, *[PatchGAN(3, base=2, layers=1, norm=nn.InstanceNorm2d) for _ in "XY"], pool=2)
        train(game, batches, 3, progress=False)
        assert game.played == 3 and len(game.pool_x.stored) == 2


def test_street_pairs_and_the_truth_agree():
    truth, pairs = street_truth(2, 32), street_pairs(2, 32, "test", x="photo", y="labels")
    assert torch.equal(truth.x, pairs.x) and torch.equal(truth.y, pairs.y)
