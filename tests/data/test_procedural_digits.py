"""The procedural digits: the same for ever, labelled, varied, and close to MNIST in their plain statistics."""

import pytest
import torch

from gancourse.data.procedural_digits import ProceduralDigits


@pytest.fixture(scope="module")
def digits():
    return ProceduralDigits()


@pytest.fixture(scope="module")
def many(digits):
    """The first 2,000 pictures (2000, 1, 28, 28) and their labels (2000,)."""
    return digits.batch(range(2000))


def test_shapes_and_types(digits, many):
    image, label = digits[5]
    assert image.shape == (1, 28, 28) and image.dtype == torch.uint8 and type(label) is int
    images, labels = many
    assert images.shape == (2000, 1, 28, 28) and images.dtype == torch.uint8
    assert labels.shape == (2000,) and labels.dtype == torch.int64


def test_a_picture_is_the_same_in_every_batch(digits, many):
    images, labels = many
    for i in (0, 37, 63, 64, 1999):
        image, label = digits[i]
        assert torch.equal(image, images[i]) and label == labels[i]
    order = torch.randperm(2000, generator=torch.Generator().manual_seed(0))[:301]
    again, names = digits.batch(order)
    assert torch.equal(again, images[order]) and torch.equal(names, labels[order])


def test_a_picture_is_the_same_in_every_object(digits):
    assert torch.equal(ProceduralDigits().batch(range(40))[0], digits.batch(range(40))[0])


def test_an_index_may_be_as_large_as_one_likes(digits):
    far = 2**62
    assert torch.equal(digits[far][0], digits.batch(torch.tensor([3, far]))[0][1])
    assert not torch.equal(digits[far][0], digits[far + 1][0])


def test_no_indices_give_an_empty_batch(digits):
    images, labels = digits.batch(range(0))
    assert images.shape == (0, 1, 28, 28) and labels.shape == (0,)


def test_seeds_differ(many):
    images, labels = ProceduralDigits(seed=1).batch(range(2000))
    assert (labels == many[1]).float().mean() < 0.2
    pictures = torch.cat([images, many[0]]).flatten(1)
    assert len(pictures.unique(dim=0)) == 4000  # no two alike, within a seed or between the two


def test_labels_are_uniform_and_not_counted_off(many):
    _, labels = many
    counts = labels.bincount(minlength=10)
    assert len(counts) == 10 and counts.min() > 150 and counts.max() < 250
    for step in (1, 2, 10):  # a label says nothing about the next ones
        assert (labels[step:] == labels[:-step]).float().mean() < 0.15
    assert (labels == torch.arange(2000) % 10).float().mean() < 0.15


def test_statistics_are_close_to_those_of_mnist(many):
    images = many[0].float() / 255
    assert abs(images.mean() - 0.1307) < 0.02  # the numbers on the left are MNIST's
    assert abs((images > 0).float().mean() - 0.19) < 0.03
    assert abs(images.std() - 0.3081) < 0.02
    assert images.amax(dim=(1, 2, 3)).min() > 0.6  # none is blank


def test_the_border_is_empty_and_the_ink_is_centred(many):
    images = many[0][:, 0].float() / 255
    border = images.clone()
    border[:, 2:-2, 2:-2] = 0
    assert border.sum() < 0.006 * images.sum()  # MNIST's: 0.0026
    place = torch.arange(28) + 0.5
    for axis in (1, 2):
        weight = images.sum(dim=axis)
        centre = (weight * place).sum(dim=1) / weight.sum(dim=1)
        assert (centre - 14).abs().mean() < 0.8 and (centre - 14).abs().max() < 3.5


def test_a_class_varies_and_classes_differ(many):
    images, labels = many[0].flatten(1).float() / 255, many[1]
    means = torch.stack([images[labels == c].mean(dim=0) for c in range(10)])
    within = torch.stack([(images[labels == c] - means[c]).square().sum(dim=1).mean() for c in range(10)])
    assert within.min() > 15  # a class of one shape would have 0; MNIST's ones have 22, its other digits 38 to 58
    nearest = torch.cdist(images, means).argmin(dim=1)
    assert 0.6 < (nearest == labels).float().mean() < 0.95  # means tell most of MNIST apart too (0.82), but not all


def test_a_larger_picture_is_the_same_drawing(digits):
    large, labels = ProceduralDigits(size=56).batch(range(50))
    small, names = digits.batch(range(50))
    assert torch.equal(labels, names)
    shrunk = torch.nn.functional.avg_pool2d(large.float(), 2) / 255
    assert (shrunk - small / 255).abs().mean() < 0.03


@pytest.mark.parametrize("size", [8, 27, 32, 64])
def test_sizes(size):
    images, _ = ProceduralDigits(size=size).batch(range(20))
    assert images.shape == (20, 1, size, size)
    assert abs(images.float().mean() / 255 - 0.13) < 0.04


def test_letters_and_their_labels():
    letters = ProceduralDigits(glyphs="AbZ0")
    images, labels = letters.batch(range(200))
    assert labels.unique().tolist() == [0, 1, 2, 3]
    assert images.flatten(1).unique(dim=0).shape[0] == 200


def test_one_class():
    assert ProceduralDigits(glyphs="7").batch(range(20))[1].tolist() == [0] * 20


@pytest.mark.parametrize("glyphs", ["", "0 1", "é", "٣", "00"])
def test_bad_glyphs(glyphs):
    with pytest.raises(ValueError, match="give one or more of 0-9, A-Z and a-z, each once"):
        ProceduralDigits(glyphs=glyphs)


def test_bad_size():
    with pytest.raises(ValueError, match="choose 8 or more"):
        ProceduralDigits(size=7)


def test_bad_index(digits):
    with pytest.raises(ValueError, match="counted from 0"):
        digits[-1]
    with pytest.raises(ValueError, match="counted from 0"):
        digits.batch(torch.tensor([4, -2]))
