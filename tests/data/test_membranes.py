"""Membranes: the published slices when a folder has them, a stand-in that is of the same kind, and bent batches."""

import re

import numpy as np
import pytest
import torch
from PIL import Image

from gancourse.data.batches import to_unit
from gancourse.data.digits import NotHere
from gancourse.data.membranes import Bent, bent_grid, drawn, membranes, micrograph
from gancourse.data.pairs import Pairs


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """GANCOURSE_DATA with 12 small-numbered slices: slice i is i everywhere, its left half a cell."""
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path))
    for part in ("image", "label"):
        (tmp_path / "isbi2012" / part).mkdir(parents=True)
    for i in range(12):
        Image.fromarray(np.full((512, 512), i, np.uint8)).save(tmp_path / f"isbi2012/image/{i}.png")
        label = np.zeros((512, 512), np.uint8)
        label[:, :256] = 255
        Image.fromarray(label).save(tmp_path / f"isbi2012/label/{i}.png")
    return tmp_path / "isbi2012"


def test_slices_come_in_their_order_and_the_last_are_held_out(folder, capsys):
    train, held_out = membranes(real=True)
    assert train.x[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5] and held_out.x[:, 0, 0, 0].tolist() == [
        6,
        7,
        8,
        9,
        10,
        11,
    ]
    assert train.x.shape == train.y.shape == (6, 1, 512, 512) and train.x.dtype == train.y.dtype == torch.uint8
    assert train.name == "ISBI 2012" and capsys.readouterr().out == ""
    assert train.y[0, 0, 0, [0, 255, 256, 511]].tolist() == [255, 255, 0, 0]


def test_slices_are_averaged_down(folder):
    stripes = np.zeros((512, 512), np.uint8)
    stripes[:, ::2] = 100
    Image.fromarray(stripes).save(folder / "image" / "0.png")
    train, _ = membranes(128)
    assert train.x.shape == (6, 1, 128, 128) and (train.x[0] == 50).all()
    assert set(train.y.unique().tolist()) == {0, 255}


@pytest.mark.parametrize("fault", ["missing", "damaged", "small", "few"])
def test_a_faulty_folder_is_named(folder, fault):
    label = folder / "label" / "3.png"
    if fault == "missing":
        label.unlink()
    elif fault == "damaged":
        label.write_bytes(b"no picture")
    elif fault == "small":
        Image.fromarray(np.zeros((9, 8), np.uint8)).save(label)
    else:
        for i in range(7):
            (folder / "image" / f"{i}.png").unlink()
    with pytest.raises(ValueError, match="5 slices" if fault == "few" else "3.png"):
        membranes()


def test_without_the_slices_one_line_says_so(monkeypatch, capsys):
    monkeypatch.delenv("GANCOURSE_DATA", raising=False)
    train, held_out = membranes(32)
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "procedural micrographs stand in" in said
    how = "by hand, from the ISBI 2012 challenge .*GANCOURSE_DATA .*isbi2012/image/.*isbi2012/label/"
    assert re.search(how, said)
    assert len(train) == 24 and len(held_out) == 6 and train.name == "procedural micrographs"
    membranes(32, real=False)
    assert capsys.readouterr().out == ""
    with pytest.raises(NotHere, match=how):
        membranes(32, real=True)


@pytest.mark.parametrize("size", [0, -1, 16, 100, 1024])
def test_a_size_that_does_not_fit_is_refused(size):
    with pytest.raises(ValueError, match="divides 512"):
        membranes(size)


def test_a_folder_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="no such folder"):
        membranes(64)


def test_micrographs_are_known_by_their_seed():
    (a, la), (b, lb), (c, _) = micrograph(3, 64), micrograph(3, 64), micrograph(4, 64)
    assert torch.equal(a, b) and torch.equal(la, lb) and not torch.equal(a, c)
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    micrograph(0, 32)
    assert torch.equal(torch.rand(1), expected)


def test_membranes_of_the_stand_in_are_dark_thin_and_not_the_only_dark_things():
    pairs = drawn(range(4), 256)
    membrane, x = pairs.y == 0, pairs.x.float()
    assert 0.12 < membrane.float().mean() < 0.3
    assert x[membrane].mean() < x[~membrane].mean() - 30
    darkness = x < x[membrane].median()  # a threshold on brightness does not solve it
    assert darkness[~membrane].float().mean() > 0.01
    inner = membrane[:, :, 8:-8, 8:-8]
    deep = -torch.nn.functional.max_pool2d(-membrane.float(), 17, 1)  # membrane all around
    assert deep.mean() < 0.02 * inner.float().mean()


def test_bent_batches_are_known_by_round_and_keep_pictures_and_labels_together():
    pairs = drawn(range(4), 64)
    pairs = Pairs("same", pairs.y, pairs.y)
    batches = Bent(pairs, 3, crop=48, bend=3.0)
    x, y = batches.at(7)
    assert x.shape == y.shape == (3, 1, 48, 48) and all(
        torch.equal(a, b) for a, b in zip((x, y), batches.at(7), strict=True)
    )
    assert not torch.equal(x, batches.at(8)[0]) and not torch.equal(
        x, Bent(pairs, 3, crop=48, bend=3.0, seed=1).at(7)[0]
    )
    assert set(y.unique().tolist()) == {-1.0, 1.0}  # labels stay labels
    assert ((x > 0) == (y > 0)).float().mean() > 0.97  # bilinear and nearest part only on the rim


def test_unbent_batches_are_only_turned_and_mirrored():
    pairs = drawn(range(1), 32)
    x, _ = Bent(pairs, 1, bend=0.0).at(0)
    ways = [to_unit(pairs.x[0]).rot90(k, (1, 2)) for k in range(4)]
    assert any(torch.allclose(x[0], way, atol=1e-4) for one in ways for way in (one, one.flip(2)))


def test_the_bend_has_the_spread_asked_for():
    g = torch.Generator().manual_seed(0)
    still, bent = bent_grid(1, 65, 0.0, g), bent_grid(400, 65, 4.0, g)
    corner = (bent - still)[:, 0, 0] * 65 / 2  # in pixels
    assert corner.std().item() == pytest.approx(4.0, rel=0.1)
    assert torch.allclose(still[0, 0, :, 0], (2 * torch.arange(65) + 1) / 65 - 1)
