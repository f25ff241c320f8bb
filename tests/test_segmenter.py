"""The judge of facades: its scores by hand, its controls, its cache."""

import pytest
import torch

from gancourse import segmenter
from gancourse.data.label_maps import to_mask
from gancourse.data.pairs import street_pairs


@pytest.fixture(scope="module")
def judge():
    """A judge of a few seconds: far from the real one, but no longer blind."""
    return segmenter.train_segmenter(
        street_pairs(200, 32, "judge", x="photo", y="labels"), 14, rounds=60, progress=False
    )


@pytest.fixture(scope="module")
def houses():
    labels, photo = (pairs := street_pairs(60, 32, "test")).floats()
    return photo, labels, to_mask(pairs.x)


def test_confusion_counts_pixels_by_truth_and_by_sight():
    true, seen = torch.tensor([[0, 0, 1, 2]]), torch.tensor([[0, 1, 1, 1]])
    matrix = segmenter.confusion(seen, true, 4)
    assert matrix.tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_scores_are_those_of_long_et_al_and_leave_out_what_never_occurs():
    matrix = torch.tensor([[3, 1, 0, 0], [0, 2, 0, 0], [0, 2, 0, 0], [0, 0, 0, 0]])
    result = segmenter.scores(matrix)
    assert result["pixel"] == pytest.approx(5 / 8)
    assert result["class"] == pytest.approx((3 / 4 + 1 + 0) / 3)
    assert result["iou"] == pytest.approx((3 / 4 + 2 / 5 + 0) / 3)


def test_sharpness_falls_by_blurring_and_is_zero_for_a_blank(houses):
    photo = houses[0]
    blurred = torch.nn.functional.avg_pool2d(photo, 3, 1, 1)
    assert segmenter.sharpness(blurred) < 0.7 * segmenter.sharpness(photo)
    assert segmenter.sharpness(torch.zeros(2, 3, 8, 8)) == 0


def test_the_spread_of_colours_is_that_of_walls_alone():
    mask = torch.zeros(3, 2, 2, dtype=torch.long)
    mask[:2, 0] = segmenter.WALL  # the third house shows no wall
    x = torch.rand(3, 3, 2, 2)
    x[0, :, 0], x[1, :, 0] = 0.0, 1.0
    assert segmenter.wall_colours(x, mask).tolist() == [[0, 0, 0], [1, 1, 1]]
    assert segmenter.spread_of_colours(x, mask) == pytest.approx(0.5**0.5)


def test_the_judge_rejects_its_controls(judge, houses):
    photo, labels, mask = houses
    figures = {name: segmenter.assess(judge, x, photo, mask) for name, x in segmenter.controls(photo, labels).items()}
    real = figures.pop("real")
    assert real["l1"] == 0 and real["sharpness"] == 1 and real["colours"] == 1
    for name, control in figures.items():
        assert control["iou"] < 0.6 * real["iou"] and control["l1"] > 0.2, name
        assert name == "other houses" or control["kernel"] > real["kernel"] + 1, name  # real, only swapped
    assert real["pixel"] > 0.5


def test_looking_does_not_depend_on_the_split_and_changes_nothing(judge, houses):
    before = {name: value.clone() for name, value in judge.state_dict().items()}
    features, mask = judge.look(houses[0])
    one_features, one_mask = judge.look(houses[0][55:56])
    assert torch.allclose(features[55], one_features[0], atol=1e-4) and torch.equal(mask[55], one_mask[0])
    assert all(torch.equal(before[name], value) for name, value in judge.state_dict().items())


def test_features_are_measured_in_the_spread_of_real_pictures(judge):
    x, _ = street_pairs(200, 32, "judge", x="photo", y="labels").floats()
    features, _ = judge.look(x)
    assert features.mean(0).abs().max() < 1e-2 and (features.std(0) < 1.01).all()


def test_a_judge_is_trained_once_and_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("GANCOURSE_CACHE", str(tmp_path))
    pairs = street_pairs(20, 32, "judge", x="photo", y="labels")
    first = segmenter.segmenter_of(pairs, 14, rounds=1, progress=False)
    with monkeypatch.context() as m:
        m.setattr(segmenter, "train", None)
        again = segmenter.segmenter_of(pairs, 14, rounds=1, progress=False)
        with pytest.raises(TypeError):
            segmenter.segmenter_of(pairs[:19], 14, rounds=1, progress=False)  # other pairs, another judge
    assert all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), again.state_dict().values(), strict=True))


def test_a_judge_of_facades_needs_a_batch_of_pairs(tmp_path, monkeypatch):
    monkeypatch.setenv("GANCOURSE_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match="16 pairs, and street has 15"):
        segmenter.facade_judge(street_pairs(15, 32, "judge", x="photo", y="labels"), progress=False)
