"""Pix2Pix and its relatives: the round, the losses on maps, the schedule, and answers that change nothing."""

import math
from itertools import islice

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, l1_loss, softplus
from torch.optim import Adam

from gancourse.data.pairs import Pairs
from gancourse.game import train
from gancourse.games.pix2pix import Pix2Pix, UnconditionalPix2Pix, answer
from gancourse.games.supervised import Supervised
from gancourse.losses import d_least_squares, g_least_squares
from gancourse.networks.patchgan import PatchGAN
from gancourse.networks.unet import UNet
from gancourse.schedules import constant, linear_decay


def players(channels: int = 6, z_dim: int = 0, **settings) -> tuple[UNet, PatchGAN]:
    torch.manual_seed(0)
    return UNet(3 + z_dim, base=2, downs=6, **settings), PatchGAN(channels, base=2, layers=1)


def game(**settings) -> Pix2Pix:
    return Pix2Pix(*players(z_dim=settings.get("z_dim", 0)), **settings)


def pairs(n: int = 8) -> Pairs:
    generator = torch.Generator().manual_seed(1)
    x, y = torch.randint(0, 256, (2, n, 3, 64, 64), generator=generator, dtype=torch.uint8)
    return Pairs("test", x, y)


def equal(a: nn.Module, b: nn.Module) -> bool:
    return all(torch.equal(p, q) for p, q in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


def plain_loop(G: nn.Module, D: nn.Module, batches, rounds: int) -> None:
    """pix2pix as tutorials write it, in the order of the reference: D halved, then G against D's new weights."""
    opt_g = Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    opt_d = Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    for i, (x, y) in enumerate(islice(batches, rounds)):
        torch.manual_seed(i)
        fake = G(x)
        opt_d.zero_grad()
        fooled = D(torch.cat([x, fake.detach()], 1))
        sure = D(torch.cat([x, y], 1))
        (0.5 * (softplus(-sure).mean() + softplus(fooled).mean())).backward()
        opt_d.step()
        opt_g.zero_grad()
        (softplus(-D(torch.cat([x, fake], 1))).mean() + 100 * (fake - y).abs().mean()).backward()
        opt_g.step()


def test_a_round_is_the_hand_written_loop_bit_for_bit():
    mine, (G, D) = game(), players()
    train(mine, pairs().batches(2), 4, progress=False)
    plain_loop(G, D, pairs().batches(2), 4)
    assert equal(mine.G, G) and equal(mine.D, D)


class Told(nn.Module):
    """A critic that returns the map it was given beforehand: first for the fakes, then for the real pairs."""

    def __init__(self, *maps: torch.Tensor):
        super().__init__()
        self.maps, self.shown = list(maps), []

    def forward(self, pair: torch.Tensor) -> torch.Tensor:
        self.shown.append(pair)
        return self.maps.pop(0)


def with_maps(fooled: torch.Tensor, sure: torch.Tensor, **settings) -> Pix2Pix:
    return Pix2Pix(nn.Identity(), Told(fooled, sure), **settings)


def test_the_critics_loss_is_the_mean_of_the_patches_losses_and_not_the_loss_of_their_mean():
    fooled, sure = torch.randn(2, 4, 1, 6, 6, generator=torch.Generator().manual_seed(0)).mul(3)
    x = torch.zeros(4, 3, 8, 8)
    loss = with_maps(fooled, sure).d_loss(x, x, x)
    by_patch = [softplus(-s) + softplus(f) for s, f in zip(sure.flatten(), fooled.flatten(), strict=True)]
    assert loss.item() == pytest.approx(0.5 * sum(by_patch).item() / len(by_patch), rel=1e-5)
    of_the_mean = 0.5 * (softplus(-sure.mean((1, 2, 3))) + softplus(fooled.mean((1, 2, 3)))).mean()
    assert loss > of_the_mean + 0.3  # softplus is convex: Jensen
    for patch in (fooled, sure):  # undecided on average, and still it pays for every patch that is wrong
        patch -= patch.mean()
    assert with_maps(fooled, sure).d_loss(x, x, x) > math.log(2) + 0.3


def test_an_undecided_critic_scores_log_2_and_a_map_counts_like_one_logit():
    x = torch.zeros(2, 3, 8, 8)
    for shape in ((2, 1, 6, 6), (2, 1)):
        zero = torch.zeros(shape)
        assert with_maps(zero, zero).d_loss(x, x, x).item() == pytest.approx(math.log(2))
        assert with_maps(zero, zero, d_weight=1.0).d_loss(x, x, x).item() == pytest.approx(2 * math.log(2))
        assert with_maps(zero, zero).g_loss(x, x, x).item() == pytest.approx(math.log(2))


def test_g_pays_100_times_the_distance():
    x, y, fake = torch.zeros(2, 3, 8, 8), torch.full((2, 3, 8, 8), 0.25), torch.full((2, 3, 8, 8), -0.5)
    logits = torch.full((2, 1, 6, 6), -1.5)
    fooling = softplus(torch.tensor(1.5)).item()
    assert with_maps(logits, logits).g_loss(x, y, fake).item() == pytest.approx(fooling + 75)
    assert with_maps(logits, logits, l1=0.0).g_loss(x, y, fake).item() == pytest.approx(fooling)


def test_least_squares_make_it_an_lsgan():
    settings = {"d_adversarial": d_least_squares, "g_adversarial": g_least_squares}
    x, sure, fooled = torch.zeros(1, 3, 8, 8), torch.tensor([0.5, 1.0]), torch.tensor([0.25, -0.5])
    loss = with_maps(fooled, sure, **settings).d_loss(x, x, x).item()
    assert loss == pytest.approx(0.5 * ((0.25 + 0) / 2 + (0.0625 + 0.25) / 2))
    loss = with_maps(fooled, sure, **settings).g_loss(x, x, x).item()
    assert loss == pytest.approx((0.75**2 + 1.5**2) / 2)


def test_the_critic_sees_the_pair_and_the_unconditional_one_sees_y_alone():
    x, y, fake = (torch.full((1, 3, 8, 8), v) for v in (0.1, 0.2, 0.3))
    zero = torch.zeros(1, 1, 6, 6)
    pair, alone = Pix2Pix(nn.Identity(), Told(zero, zero)), UnconditionalPix2Pix(nn.Identity(), Told(zero, zero))
    for g in (pair, alone):
        g.d_loss(x, y, fake)
    assert torch.equal(pair.D.shown[0], torch.cat([x, fake], 1)) and torch.equal(pair.D.shown[1], torch.cat([x, y], 1))
    assert torch.equal(alone.D.shown[0], fake) and torch.equal(alone.D.shown[1], y)


def test_x_does_not_reach_the_unconditional_critic_in_play():
    x, y, other = torch.rand(3, 2, 3, 64, 64) * 2 - 1
    free = UnconditionalPix2Pix(*players(channels=3))
    fake = free.G(x).detach()
    assert torch.equal(free.d_loss(x, y, fake), free.d_loss(other, y, fake))
    tied = game()
    assert not torch.equal(tied.d_loss(x, y, fake), tied.d_loss(other, y, fake))
    train(free, pairs().batches(2), 2, progress=False)


def test_supervised_is_a_loop_of_one_player():
    (G, _), (H, _) = players(), players()
    learner = Supervised(G)
    train(learner, pairs().batches(2), 3, progress=False)
    optimizer = Adam(H.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    for i, (x, y) in enumerate(islice(pairs().batches(2), 3)):
        torch.manual_seed(i)
        optimizer.zero_grad()
        l1_loss(H(x), y).backward()
        optimizer.step()
    assert equal(G, H) and list(learner.losses) == ["G"]


def test_supervised_takes_another_loss():
    torch.manual_seed(0)
    learner = Supervised(nn.Conv2d(3, 5, 1), cross_entropy, lr=1e-2)
    x, mask = torch.rand(2, 3, 8, 8) * 2 - 1, torch.ones(2, 8, 8, dtype=torch.long)
    history = train(learner, [(x, mask)], 20, progress=False)["G"]
    assert history[0] == pytest.approx(math.log(5), rel=0.3) and history[-1] < 0.8 * history[0]


@pytest.mark.parametrize(("epoch", "factor"), [(1, 1), (99, 1), (100, 1), (101, 1 - 1 / 101), (200, 1 / 101)])
def test_linear_decay_has_the_references_figures(epoch, factor):
    assert linear_decay(100, 100)(epoch - 1) == pytest.approx(factor)


def test_linear_decay_by_the_references_formula():
    schedule = linear_decay(100, 100)
    assert [schedule(e) for e in range(200)] == pytest.approx([1 - max(0, e + 1 - 100) / 101 for e in range(200)])
    assert min(schedule(e) for e in range(1000)) == 0  # long past the end: at rest, never uphill
    assert linear_decay(0, 0)(0) == 0 and constant(10**6) == 1
    with pytest.raises(ValueError, match=r"linear_decay\(-1, 5\).*negative"):
        linear_decay(-1, 5)


@pytest.mark.parametrize("make", [game, lambda **s: Supervised(players()[0], **s)])
def test_a_schedule_drives_every_players_rate(make):
    mine = make(lr=1e-3, schedule=linear_decay(1, 3))
    rates = []
    for batch in islice(pairs().batches(2), 4):
        train(mine, [batch], 1, progress=False)
        rates += [o.param_groups[0]["lr"] for o in mine.optimizers.values()]
    each = len(mine.optimizers)
    assert rates == pytest.approx([1e-3 * f for f in (1, 0.75, 0.5, 0.25) for _ in range(each)])


def test_each_player_may_have_a_rate_of_its_own_under_a_schedule():
    mine = game(lr={"G": 1e-3, "D": 4e-3}, schedule=lambda played, share: 0.5)
    train(mine, pairs().batches(2), 1, progress=False)
    assert {n: o.param_groups[0]["lr"] for n, o in mine.optimizers.items()} == {"G": 5e-4, "D": 2e-3}


def trained(**settings) -> tuple[Pix2Pix, torch.Tensor]:
    """A game after a few rounds, with running statistics worth the name, and inputs."""
    mine = game(**settings)
    train(mine, pairs().batches(2), 6, progress=False)
    return mine.train(), pairs(3).floats()[0]


@pytest.mark.parametrize("dropout", [False, True])
@pytest.mark.parametrize("batch_statistics", [False, True])
def test_translate_leaves_the_game_as_it_was(dropout, batch_statistics):
    mine, x = trained()
    mine.G.ups[0].eval()  # modes of parts, too
    before = {k: v.clone() for k, v in mine.state_dict().items()}
    modes = [m.training for m in mine.modules()]
    y = mine.translate(x, dropout=dropout, batch_statistics=batch_statistics)
    assert y.shape == (3, 3, 64, 64) and y.abs().max() <= 1 and not y.requires_grad
    assert all(torch.equal(v, before[k]) for k, v in mine.state_dict().items())
    assert [m.training for m in mine.modules()] == modes


def test_translate_leaves_the_game_as_it_was_when_it_fails():
    mine, _ = trained()
    modes = [m.training for m in mine.modules()]
    with pytest.raises(ValueError, match="divisible by 64"):
        mine.translate(torch.zeros(1, 3, 63, 64))
    assert [m.training for m in mine.modules()] == modes


def test_dropout_varies_the_answer_only_where_it_is_on():
    mine, x = trained()
    assert torch.equal(mine.translate(x), mine.translate(x))
    assert not torch.equal(mine.translate(x, dropout=True), mine.translate(x, dropout=True))
    still = mine.translate(x, batch_statistics=True)
    assert torch.equal(still, mine.translate(x, batch_statistics=True))


def test_noise_varies_the_answer_and_is_a_plane_beside_x():
    mine, x = trained(z_dim=2)
    seen = mine.with_noise(x)
    assert seen.shape == (3, 5, 64, 64) and torch.equal(seen[:, :3], x)
    assert (seen[:, 3:] == seen[:, 3:, :1, :1]).all() and seen[:, 3:, 0, 0].unique().numel() == 6
    assert not torch.equal(mine.translate(x), mine.translate(x))
    assert game().with_noise(x) is x


def test_batch_statistics_of_one_picture_are_those_of_train_mode():
    mine, x = trained()
    for part in mine.G.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    assert torch.allclose(mine.translate(x[:1], batch_statistics=True), mine.G(x[:1]), atol=1e-6)
    mine, x = trained()
    one_by_one = torch.cat([mine.translate(one, batch_statistics=True) for one in x.split(1)])
    assert torch.equal(mine.translate(x, batch_statistics=True), one_by_one)  # each picture on its own
    assert not torch.allclose(mine.translate(x), one_by_one, atol=1e-3)


def test_the_answer_in_eval_mode_is_the_networks():
    mine, x = trained()
    said = answer(mine.G, x)
    assert torch.allclose(said, mine.G.eval()(x), atol=1e-6) and torch.allclose(said, mine.translate(x), atol=1e-6)


def test_the_running_mean_of_g_answers_if_there_is_one():
    mine = game(lr=1e-2)
    mine.average("G", decay=0.9)
    train(mine, pairs().batches(2), 4, progress=False)
    x = pairs(2).floats()[0]
    assert torch.allclose(mine.translate(x), answer(mine.averaged("G"), x), atol=1e-6)
    assert not torch.allclose(mine.translate(x), answer(mine.G, x), atol=1e-4)


IMAGES = torch.zeros(2, 3, 64, 64)


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ((IMAGES, IMAGES[:1]), "agree in number and size"),
        ((IMAGES, IMAGES[..., :32]), "agree in number and size"),
        ((IMAGES * 255 + 255, IMAGES), r"\[-1, 1\].*x / 127.5 - 1"),
        ((IMAGES, IMAGES.byte()), r"uint8.*x / 127.5 - 1"),
        ((IMAGES, IMAGES.double()), "float64"),
        ((IMAGES[:0], IMAGES[:0]), "empty batch"),
        ((IMAGES, IMAGES, IMAGES), r"3 tensors.*\(x, y\)"),
        ((IMAGES,), r"1 tensors.*\(x, y\)"),
        ((IMAGES * float("nan"), IMAGES), "NaN or infinite"),
    ],
)
@pytest.mark.parametrize("kind", [Pix2Pix, UnconditionalPix2Pix])
def test_bad_batches_are_told_before_the_first_round(kind, batch, message):
    mine = kind(*players())
    with pytest.raises(ValueError, match=message) as caught:
        train(mine, [batch], 1, progress=False)
    assert len(str(caught.value)) < 200 and mine.played == 0 and not mine.optimizers


def test_a_picture_that_leaves_the_critic_no_map_is_told():
    torch.manual_seed(0)
    mine = Pix2Pix(UNet(base=2, downs=6), PatchGAN(6, base=2, layers=5))
    with pytest.raises(ValueError, match="64 x 64 pixels leave this critic no map.*96 px or more"):
        train(mine, [(IMAGES, IMAGES)], 1, progress=False)


def test_channels_that_do_not_fit_are_told_before_the_first_round():
    x, y = pairs(2).batches(2).at(0)
    with pytest.raises(ValueError, match="G was made for 3 channels, and these batches give it 1"):
        game().expect(x[:, :1], y)
    with pytest.raises(ValueError, match="D was made for 6 channels, and these batches give it 4"):
        game().expect(x, y[:, :1])
    game(z_dim=4).expect(x, y)


def test_a_teacher_needs_pictures_and_as_many_answers():
    alone = Supervised(nn.Conv2d(3, 3, 1))
    x = torch.zeros(2, 3, 8, 8)
    with pytest.raises(ValueError, match="2 pictures and 1 answers"):
        alone.expect(x, x[:1])
    with pytest.raises(ValueError, match="not \\[-1, 1\\]"):
        alone.expect(x + 5, x)
    alone.expect(x, torch.zeros(2, 8, 8, dtype=torch.long))


def test_nothing_to_translate_is_told():
    with pytest.raises(ValueError, match="no picture"):
        game().translate(torch.zeros(0, 3, 64, 64))
