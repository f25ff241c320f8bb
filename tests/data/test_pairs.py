"""Pairs stay pairs through every cut and flip; label maps are read back as they were painted."""

import pytest
import torch

from gancourse.data.label_maps import CMP, PALETTE, to_colours, to_mask, to_planes
from gancourse.data.pairs import PairBatches, Pairs, jitter, street_pairs
from gancourse.data.street import Street
from gancourse.data.street_plan import CLASSES


@pytest.fixture
def places():
    """Nine pairs whose pixels say where they are: channel 0 the pair, 1 the row, 2 the column; y has one more each."""
    n, side = 9, 20
    x = torch.zeros(n, 3, side, side, dtype=torch.uint8)
    x[:, 0] += torch.arange(n, dtype=torch.uint8).view(n, 1, 1) * 10
    x[:, 1] += torch.arange(side, dtype=torch.uint8).view(1, side, 1) * 10
    x[:, 2] += torch.arange(side, dtype=torch.uint8) * 10
    return Pairs("places", x, x + 1)


def bytes_of(x):
    return ((x + 1) * 127.5).round().long()


def test_pairs_must_agree():
    x = torch.zeros(4, 3, 8, 8, dtype=torch.uint8)
    assert len(Pairs("x", x, x[:, :1])) == 4  # the number of channels is free
    for y in (x[:3], x[..., :7]):
        with pytest.raises(ValueError, match=r"x is \(4, 3, 8, 8\) and y .*agree in number and size"):
            Pairs("x", x, y)


def test_parts_floats_and_the_other_direction(places):
    some = places[torch.tensor([4, 2])]
    assert some.x[:, 0, 0, 0].tolist() == [40, 20] and some.name == "places" and len(places[:3]) == 3
    assert torch.equal(places.swapped().x, places.y) and torch.equal(places.swapped().y, places.x)
    x, y = places.to("cpu").floats()
    assert x.dtype == torch.float32 and x.min() == -1 and torch.equal(bytes_of(y), places.y.long())


@pytest.mark.parametrize("crop, flip", [(None, False), (13, False), (None, True), (13, True), (20, True)])
def test_both_halves_are_cut_and_flipped_alike(places, crop, flip):
    batches = places.batches(3, crop=crop, flip=flip, seed=1)
    tops, flips, seen = set(), set(), []
    for round in range(60):
        x, y = batches.at(round)
        assert x.shape == y.shape == (3, 3, crop or 20, crop or 20) and x.dtype == torch.float32
        whole = bytes_of(x)
        assert torch.equal(bytes_of(y), whole + 1)
        seen += whole[:, 0, 0, 0].tolist()
        for one in whole:
            rows, columns = one[1, :, 0] // 10, one[2, 0] // 10
            flips.add(bool(columns[0] > columns[-1]))
            tops.add((rows[0].item(), columns.min().item()))
            assert torch.equal(rows, torch.arange(len(rows)) + rows[0])  # one piece, upright
            assert torch.equal(columns.sort().values, torch.arange(len(columns)) + columns.min())
    assert sorted(set(seen)) == [10 * i for i in range(9)] and all(seen.count(i) == 20 for i in set(seen))
    assert flips == ({False, True} if flip else {False})
    places_cut = 20 - (crop or 20) + 1
    assert {top for top, _ in tops} == {left for _, left in tops} == set(range(places_cut))


def test_a_batch_depends_on_seed_and_round_alone(places):
    one, other = (places.batches(2, crop=8, flip=True, seed=5) for _ in range(2))
    later = other.at(7)
    assert all(torch.equal(a, b) for a, b in zip(one.at(7), later, strict=True))
    assert not torch.equal(places.batches(2, crop=8, flip=True, seed=6).at(7)[0], later[0])
    state = torch.get_rng_state()
    torch.rand(3)
    assert torch.equal(one.at(7)[1], later[1])
    torch.set_rng_state(state)
    stream = iter(one)
    assert torch.equal(next(stream)[0], one.at(0)[0]) and torch.equal(next(stream)[0], one.at(1)[0])


def test_flips_are_half_and_places_are_even(places):
    batches, left, mirrored = places.batches(9, crop=19, flip=True), 0, 0
    for round in range(100):
        columns = bytes_of(batches.at(round)[0])[:, 2, 0] // 10
        mirrored += (columns[:, 0] > columns[:, -1]).sum().item()
        left += (columns.min(1).values == 0).sum().item()
    assert abs(mirrored - 450) < 60 and abs(left - 450) < 60  # four standard deviations of 900 throws of a coin


def test_crops_that_cannot_be(places):
    for crop in (0, 21):
        with pytest.raises(ValueError, match=f"a crop of {crop} px from pictures of 20 x 20: choose one from 1 to 20"):
            places.batches(crop=crop)
    with pytest.raises(ValueError, match="a batch of 10 from 9"):
        PairBatches(places, 10)


def test_jitter_at_its_ends():
    pair = torch.arange(36).view(1, 6, 6)
    assert torch.equal(jitter(pair, 4, False, 0.0, 0.0, 0.0), pair[:, :4, :4])
    assert torch.equal(jitter(pair, 4, False, 0.999999, 0.999999, 0.0), pair[:, 2:, 2:])
    assert torch.equal(jitter(pair, None, True, 0, 0, 0.49), pair.flip(2))
    assert torch.equal(jitter(pair, None, True, 0, 0, 0.5), pair) and torch.equal(
        jitter(pair, 6, False, 0.9, 0.9, 0), pair
    )


def test_street_pairs_are_the_street():
    houses = Street(3, 32, "judge").batch(range(5))
    pairs = street_pairs(5, 32, "judge", seed=3)
    assert torch.equal(pairs.x, houses.labels) and torch.equal(pairs.y, houses.photo) and pairs.name == "street"
    edges = street_pairs(2, 32, x="edges", y="photo").x
    assert edges.shape == (2, 3, 32, 32) and torch.equal(edges[:, 0], edges[:, 2])
    for views in ({"x": "mask"}, {"y": "sketch"}):
        with pytest.raises(ValueError, match="view '(mask|sketch)': choose one of labels, edges, photo"):
            street_pairs(2, 32, **views)


def test_a_mask_goes_to_colours_and_back():
    houses = Street(size=32).batch(range(6))
    assert torch.equal(to_colours(houses.mask), houses.labels) and torch.equal(to_mask(houses.labels), houses.mask)
    assert torch.equal(to_mask(houses.labels.float() / 127.5 - 1, tolerance=1), houses.mask)
    every = torch.arange(len(CLASSES)).view(1, 2, 7)
    assert torch.equal(to_mask(to_colours(every), tolerance=0), every) and to_colours(every).dtype == torch.uint8
    assert len(PALETTE) == len(CLASSES) == 14 and CMP == 12


def test_blurred_colours_go_to_the_nearest_class():
    noise = torch.randint(-12, 13, (1, 3, 2, 7), generator=torch.Generator().manual_seed(0))
    every = torch.arange(len(CLASSES)).view(1, 2, 7)
    noisy = (to_colours(every).long() + noise).clamp(0, 255).to(torch.uint8)
    assert torch.equal(to_mask(noisy, tolerance=40), every)
    assert to_mask(to_colours(torch.full((1, 1, 1), 13)), classes=CMP).max() < CMP


def test_a_colour_that_is_no_class_is_told_with_its_place():
    labels = to_colours(torch.zeros(3, 8, 8))
    labels[1, :, 5, 2] = torch.tensor([255, 255, 255], dtype=torch.uint8)
    to_mask(labels)  # any colour will do
    with pytest.raises(ValueError, match=r"label map 1 has the colour \(255, 255, 255\) at row 5, column 2"):
        to_mask(labels, CMP, tolerance=40)
    with pytest.raises(ValueError, match=r"label map 1 has the colour \(255, 255, 255\)"):
        to_mask(labels.float() / 127.5 - 1, CMP, tolerance=40)


def test_colours_may_be_integers_of_any_width_and_never_nan():
    labels = Street(size=32).batch(range(2)).labels
    assert torch.equal(to_mask(labels.long()), to_mask(labels)) and torch.equal(to_mask(labels.int()), to_mask(labels))
    torn = labels.float() / 127.5 - 1
    torn[1, 0, 3, 3] = torch.nan
    with pytest.raises(ValueError, match="NaN"):
        to_mask(torn)


def test_a_mask_goes_to_planes_and_back():
    mask = Street(size=32).batch(range(3)).mask
    planes = to_planes(mask)
    assert planes.shape == (3, 14, 32, 32) and planes.dtype == torch.uint8 and planes.sum(1).eq(255).all()
    assert torch.equal(to_mask(planes), mask) and torch.equal(to_mask(planes / 127.5 - 1), mask)
