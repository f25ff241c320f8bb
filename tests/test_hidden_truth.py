"""The judges of chapter 6: the truth passes, what anybody could do does not."""

import pytest
import torch
from torch.nn.functional import l1_loss

from gancourse.data.batches import to_unit
from gancourse.data.unpaired import street_truth, street_unpaired
from gancourse.hidden_truth import controls, histogram_matched, lamps, overlap, read_labels

HOUSES = 24


@pytest.fixture(scope="module")
def evening():
    truth = street_truth(HOUSES, x="day", y="dusk")
    return truth, *truth.floats(), street_unpaired(HOUSES, x="day", y="dusk").floats()[1]


def test_true_pictures_of_dusk_have_their_lamps_lit_and_controls_do_not(evening):
    truth, x, y, domain = evening
    scene = to_unit(truth.dark), truth.mask, truth.lit
    scored = {name: lamps(z, *scene) for name, z in controls(x, y, domain).items()}
    true = lamps(y, *scene)
    assert true["windows"] > 0.98 and true["lamps"] > 0.9
    assert lamps(scene[0], *scene) == {"windows": 0.0, "lamps": 0.0}
    assert all(figures["windows"] < 0.3 and figures["lamps"] < 0.5 for figures in scored.values())


def test_light_on_walls_counts_against_the_windows(evening):
    truth, *_ = evening
    dark = to_unit(truth.dark)
    window, wall = ((truth.mask == i)[:, None] for i in (2, 1))
    found = [
        lamps(dark + lit, dark, truth.mask, truth.lit)["windows"] for lit in (window.float(), (window | wall).float())
    ]
    assert found[0] > 0.75 > 0.3 > found[1]


def test_the_best_change_of_colours_is_nearer_than_the_others(evening):
    _, x, y, domain = evening
    far = {name: l1_loss(z, y).item() for name, z in controls(x, y, domain).items()}
    assert far["best histogram"] < far["histogram"] < far["untouched"]


def test_matched_values_are_those_of_the_other_in_the_order_of_the_first():
    x, like = torch.rand(2, 3, 4, 5), torch.rand(2, 3, 4, 5)
    matched = histogram_matched(x, like)
    for channel in range(3):
        assert torch.equal(matched[:, channel].flatten().sort().values, like[:, channel].flatten().sort().values)
        assert torch.equal(matched[:, channel].flatten().argsort(), x[:, channel].flatten().argsort())
    assert torch.equal(histogram_matched(x, x), x)
    with pytest.raises(ValueError, match="shapes must be equal"):
        histogram_matched(x, like[:1])


def test_label_maps_are_read_by_their_colours():
    truth = street_truth(8)
    labels = truth.floats()[1]
    planes = street_truth(8, y="planes").floats()[1]
    assert planes.shape[1] == 14
    for same in (labels, planes):
        assert read_labels(same, truth.mask) == {"pixel": 1.0, "class": 1.0, "iou": 1.0}
    assert read_labels(labels.roll(1, 0), truth.mask)["iou"] < 0.3


def test_two_empty_masks_overlap():
    none = torch.zeros(1, 2, 2, dtype=torch.bool)
    assert overlap(none, none) == 1.0 and overlap(none, ~none) == 0.0
