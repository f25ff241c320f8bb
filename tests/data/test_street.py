"""The street: the same for ever, true to its label maps, and full of styles that they do not show."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gancourse.data.street import STYLE, House, Street, draw_edges
from gancourse.data.street_paint import LIGHTS, Easel
from gancourse.data.street_plan import CELLS, CLASSES, COLOURS, ROOFS, draw_mask
from gancourse.data.street_style import COMBINATIONS, TEXTURES, WALLS, WINDOWS


@pytest.fixture(scope="module")
def street():
    return Street()


@pytest.fixture(scope="module")
def many(street):
    """200 houses by day."""
    return street.batch(range(200))


@pytest.fixture(scope="module")
def lights(street):
    """40 houses in each light."""
    return {light: street.batch(range(40), light=light) for light in LIGHTS}


def equal(a, b):
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def rows(house, indices):
    return House(*(field[indices] for field in house))


def test_types_and_shapes(many):
    n, s = 200, 64
    assert many.photo.dtype == torch.uint8 and many.photo.shape == (n, 3, s, s)
    assert many.labels.dtype == torch.uint8 and many.labels.shape == (n, 3, s, s)
    assert many.mask.dtype == torch.int64 and many.mask.shape == (n, s, s)
    assert many.edges.dtype == torch.uint8 and many.edges.shape == (n, 1, s, s)
    assert many.lit.dtype == torch.bool and many.lit.shape == (n, s, s)
    assert many.style.dtype == torch.float32 and many.style.shape == (n, len(STYLE))


def test_a_house_is_the_same_in_every_batch(street, many):
    order = torch.tensor([7, 199, 7, 0, 63, 64])
    assert equal(street.batch(order), rows(many, order))
    assert equal(street[5], rows(many, 5))
    assert equal(Street().batch([120]), rows(many, slice(120, 121)))


@pytest.mark.parametrize("light", LIGHTS)
def test_a_house_is_the_same_in_every_batch_in_every_light(street, lights, light):
    assert equal(street.batch([17, 3], light=light), rows(lights[light], [17, 3]))


def test_no_indices_give_an_empty_batch(street):
    assert [len(field) for field in street.batch([])] == [0] * 6


def test_an_index_may_be_as_large_as_one_likes(street):
    far = street.batch([2**61 - 1, 2**61 - 2])
    assert not torch.equal(far.photo[0], far.photo[1])


def test_no_house_comes_twice(many):
    others = [Street(seed=1).batch(range(100)), Street(part="judge").batch(range(100))]
    others += [Street(part="test").batch(range(100))]
    photos = torch.cat([many.photo] + [o.photo for o in others])
    assert len(photos.flatten(1).unique(dim=0)) == 500
    masks = torch.cat([many.mask] + [o.mask for o in others])
    assert len(masks.flatten(1).unique(dim=0)) == 500


def test_labels_are_the_colours_of_the_mask(many):
    assert len(np.unique(COLOURS, axis=0)) == len(CLASSES) == 14
    assert torch.equal(many.labels, torch.from_numpy(COLOURS)[many.mask].permute(0, 3, 1, 2))


def test_the_first_twelve_colours_are_those_of_the_pix2pix_facades():
    """MATLAB's jet(64), every fifth of its colours, as read off the 400 training pairs (JPEG moves them by 2)."""
    t = (14 + 5 * np.arange(12)) / 16
    jet = np.stack([np.minimum(t - shift, shift + 3 - t) for shift in (2, 1, 0)], axis=1).clip(0, 1)
    assert abs(COLOURS[:12] - 255 * jet).max() < 1


def test_every_class_appears(many):
    for i, name in enumerate(CLASSES):
        houses = (many.mask == i).flatten(1).any(dim=1).float().mean()
        assert houses > 0.15, name


def test_houses_vary_in_plan(street):
    plans = [street.plan(i) for i in range(200)]
    assert {p.storeys for p in plans} == {2, 3, 4, 5}
    assert {p.roof for p in plans} == {roof for roofs in ROOFS.values() for roof in roofs}


def test_parts_stay_in_the_picture(street):
    for part in (part for i in range(300) for part in street.plan(i).parts):
        assert -2 <= part.x0 < part.x1 <= CELLS + 2 and 0 <= part.y0 < part.y1 <= CELLS, part


def test_one_label_map_has_many_pictures(street, many):
    other = street.batch(range(60), style_seed=1)
    first = rows(many, slice(60))
    assert torch.equal(other.mask, first.mask) and torch.equal(other.labels, first.labels)
    assert not (other.style == first.style).all(dim=1).any()
    same = (other.photo.float() - first.photo.float()).abs().mean(dim=(1, 2, 3))
    assert same.min() > 8 and same.mean() > 25
    assert equal(street.batch([4], style_seed=0), rows(many, slice(4, 5)))


def test_the_mask_says_nothing_of_the_style(many):
    """The nearest label maps have no more similar walls than any two houses."""
    shares = F.one_hot(many.mask[:, ::4, ::4], 14).flatten(1).float()
    distance = torch.cdist(shares, shares).fill_diagonal_(torch.inf)
    wall = many.style[:, :3]
    near = (wall - wall[distance.argmin(dim=1)]).norm(dim=1).mean()
    assert near > 0.85 * torch.pdist(wall).mean()


def test_styles_spread_evenly(many):
    column = {name: i for i, name in enumerate(STYLE)}
    for name, count in (("wall", len(WALLS)), ("texture", len(TEXTURES)), ("window", len(WINDOWS))):
        share = many.style[:, column[name]].long().bincount(minlength=count) / 200
        assert len(share) == count and share.min() > 0.3 / count and share.max() < 2.2 / count
    assert many.style[:, column["side"]].unique().tolist() == [-1, 1]


def test_wall_colours_spread_in_the_pictures_as_in_the_truth(many):
    wall = many.mask == CLASSES.index("wall")
    mean = (many.photo * wall[:, None]).sum(dim=(2, 3)) / wall.sum(dim=(1, 2))[:, None] / 255
    assert mean.std(dim=0).min() > 0.12
    for c in range(3):
        assert torch.corrcoef(torch.stack([mean[:, c], many.style[:, c]]))[0, 1] > 0.7


def test_parts_share_no_combination_of_style():
    sets = [{tuple(c) for c in COMBINATIONS[part].tolist()} for part in ("train", "judge", "test")]
    assert sum(map(len, sets)) == len(set.union(*sets)) == len(WALLS) * len(TEXTURES) * len(WINDOWS)
    for combinations in sets:  # yet each part has every wall colour, every texture and every window
        assert [len(set(column)) for column in zip(*combinations, strict=True)] == [12, 4, 6]


@pytest.mark.parametrize("part", ["train", "judge", "test"])
def test_a_part_draws_its_own_combinations(part):
    street = Street(part=part)
    own = {tuple(c) for c in COMBINATIONS[part].tolist()}
    drawn = {street.style(i, seed).combination for seed in (None, 7) for i in range(300)}
    assert drawn <= own and len(drawn) > 0.8 * len(own)


@pytest.mark.parametrize("size", [128, 256])
def test_a_larger_picture_is_the_same_house(size, many):
    large, k = Street(size=size).batch(range(8)), size // 64
    small = rows(many, slice(8))
    assert torch.equal(large.style, small.style)
    assert (large.mask[:, k // 2 :: k, k // 2 :: k] == small.mask).float().mean() > 0.99
    shrunk = F.avg_pool2d(large.photo.float(), k)
    assert (shrunk - small.photo).abs().mean() < 12  # of 255; two houses differ by about 60
    lit = F.avg_pool2d(large.lit.float(), k) > 0.5
    assert (lit & small.lit).sum() > 0.8 * (lit | small.lit).sum()


@pytest.mark.parametrize("size", [32, 48, 65, 100, 192])
def test_any_size_will_do(size, many):
    house = Street(size=size).batch(range(2))
    assert house.photo.shape == (2, 3, size, size) and house.lit.shape == (2, size, size)
    coarse = [F.interpolate(p.float(), (32, 32), mode="area") for p in (house.photo, many.photo[:2])]
    assert (coarse[0] - coarse[1]).abs().mean() < 12
    plan = Street(size=size).plan(0)
    assert (torch.from_numpy(draw_mask(plan, size)) == house.mask[0]).all()


@pytest.mark.parametrize("light", ["dusk", "snow"])
def test_the_label_map_and_the_truth_are_the_same_in_every_light(lights, light):
    assert equal(lights[light][1:], lights["day"][1:])
    assert not torch.equal(lights[light].photo, lights["day"].photo)


def test_at_dusk_the_street_is_dark_and_lamps_shine(lights):
    day, dusk = (lights[light].photo.float().mean(dim=1) for light in ("day", "dusk"))
    lit = lights["day"].lit
    assert dusk[~lit].mean() < 0.65 * day[~lit].mean()
    assert dusk[lit].mean() > 1.2 * day[lit].mean()
    windows = lights["day"].mask == CLASSES.index("window")
    assert 0.7 < (lit & windows).sum() / windows.sum() < 0.95  # some are dark, and the label map does not say which
    labelled = torch.isin(lights["day"].mask[lit], torch.tensor([CLASSES.index(c) for c in LAMPS]))
    assert labelled.float().mean() > 0.97


LAMPS = ("window", "door", "shop", "deco", "balcony")


def test_dusk_is_no_tint_of_the_day(lights):
    """No curve for each channel, the best possible one for each picture, makes dusk of day."""
    day, dusk = (lights[light].photo.flatten(2).long() for light in ("day", "dusk"))
    left = []
    for source, target in zip(day.flatten(0, 1), dusk.flatten(0, 1), strict=True):
        count = source.bincount(minlength=256).clamp(min=1)
        curve = torch.zeros(256).index_add_(0, source, target.float()) / count
        left.append((curve[source] - target).square().mean() / target.float().var())
    assert torch.stack(left).mean() > 0.3  # of the variance


def test_shadows_turn(street):
    for i in range(10):
        plan, style = street.plan(i), street.style(i)
        day, dusk, snow = (Easel(plan, style, 2, light).reach[0] for light in ("day", "dusk", "snow"))
        assert day * style.side < 0 and dusk * style.side > 0 and snow == 0


def test_snow_lies_on_roofs_and_sills(lights):
    day, snow = (lights[light].photo.float().amin(dim=1) for light in ("day", "snow"))  # high only where it is white
    mask, gain = lights["day"].mask, snow - day
    roof, sill, wall = (gain[mask == CLASSES.index(name)].mean() for name in ("roof", "sill", "wall"))
    assert roof > wall + 60 and sill > wall + 5


def test_edges_are_lines_about_the_parts(many):
    black = many.edges[:, 0] == 0
    assert many.edges.unique().tolist() == [0, 255]
    assert 0.05 < black.float().mean() < 0.3
    changes = many.mask[:, 1:] != many.mask[:, :-1]
    assert black[:, 1:][changes].all()
    sky = many.mask == CLASSES.index("sky")
    inside = sky[:, 1:, 1:] & sky[:, :-1, 1:] & sky[:, 1:, :-1]
    assert not black[:, 1:, 1:][inside].any()


def test_edges_of_a_square():
    mask = np.zeros((6, 6), dtype=np.uint8)
    mask[2:4, 2:4] = CLASSES.index("roof")
    black = draw_edges(mask, np.ones((6, 6))) == 0
    assert np.argwhere(black).tolist() == [[2, 2], [2, 3], [2, 4], [3, 2], [3, 4], [4, 2], [4, 3]]


def test_captions_tell_what_there_is(street):
    captions = [street.caption(i) for i in range(100)]
    assert len(set(captions)) > 80
    for i, caption in enumerate(captions):
        kinds = {part.kind for part in street.plan(i).parts}
        assert ("a shop" in caption) == ("shop" in kinds)
        assert ("shutters" in caption) == ("blind" in kinds)
        assert f"{list(WALLS)[street.style(i).combination[0]]} " in caption


def test_a_loader_takes_the_street(street):
    loader = torch.utils.data.DataLoader(street, batch_size=3, sampler=range(6))
    assert [house.photo.shape for house in loader] == [(3, 3, 64, 64)] * 2


@pytest.mark.parametrize("size", [31, 0, -64])
def test_bad_size(size):
    with pytest.raises(ValueError, match="choose 32 or more"):
        Street(size=size)


def test_bad_part():
    with pytest.raises(ValueError, match="choose one of train, judge, test"):
        Street(part="val")


def test_bad_light(street):
    with pytest.raises(ValueError, match="choose one of day, dusk, snow"):
        street.batch([0], light="night")


@pytest.mark.parametrize("index", [-1, 2**61])
def test_bad_index(street, index):
    for call in (lambda: street[index], lambda: street.batch([0, index]), lambda: street.caption(index)):
        with pytest.raises(ValueError, match="counted from 0 upwards"):
            call()


def test_indices_are_whole_numbers(street):
    with pytest.raises(TypeError, match="integer"):
        street.batch([0.5])
