"""CycleGAN: the round, each loss by hand, the pool's rule, and a checkpoint that keeps the pool."""

import itertools

import pytest
import torch
from torch import nn
from torch.nn.functional import l1_loss
from torch.optim import Adam

from gancourse import checkpoint, recipes
from gancourse.data.pairs import Pairs
from gancourse.game import play, train
from gancourse.games.cyclegan import BackwardCycle, CycleAlone, CycleGAN, ForwardCycle
from gancourse.networks.patchgan import PatchGAN
from gancourse.networks.pool import ImagePool
from gancourse.networks.resnet import ResNetGenerator
from gancourse.noise import tinted


def players():
    torch.manual_seed(0)
    norm = {"norm": nn.InstanceNorm2d}
    G, F = (ResNetGenerator(base=2, blocks=1, **norm) for _ in range(2))
    return G, F, PatchGAN(3, base=2, layers=1, **norm), PatchGAN(3, base=2, layers=1, **norm)


def batches(n: int = 2):
    generator = torch.Generator().manual_seed(1)
    x, y = torch.randint(0, 256, (2, 8, 3, 32, 32), generator=generator, dtype=torch.uint8)
    return Pairs("test", x, y).batches(n)


def plain_loop(G, F, D_X, D_Y, rounds: int, data, identity: float = 0.5) -> None:
    """CycleGAN in the order of the reference: one Adam for both forgers, one for both critics, pools of two; and one
    backward() for both ways."""
    options = {"lr": 2e-4, "betas": (0.5, 0.999), "fused": True}
    opt_g = Adam(itertools.chain(G.parameters(), F.parameters()), **options)
    opt_d = Adam(itertools.chain(D_X.parameters(), D_Y.parameters()), **options)
    pool_x, pool_y = ImagePool(2), ImagePool(2)
    for i in range(rounds):
        torch.manual_seed(i)
        x, y = data.at(i)
        fake_y, fake_x = G(x), F(y)
        fooled = (D_Y(fake_y) - 1).square().mean() + (D_X(fake_x) - 1).square().mean()
        cycle = (F(fake_y) - x).abs().mean() + (G(fake_x) - y).abs().mean()
        same = (G(y) - y).abs().mean() + (F(x) - x).abs().mean()
        opt_g.zero_grad()
        (fooled + 10 * cycle + (10 * identity * same if identity else 0)).backward()
        opt_g.step()
        old_x, old_y = pool_x(fake_x), pool_y(fake_y)
        opt_d.zero_grad()
        on_x = (D_X(x) - 1).square().mean() + D_X(old_x).square().mean()
        on_y = (D_Y(y) - 1).square().mean() + D_Y(old_y).square().mean()
        (0.5 * (on_x + on_y)).backward()
        opt_d.step()


class Doubled:
    """Batches in float64, where only rounding is left between one order of sums and another."""

    def at(self, round):
        return tuple(z.double() for z in batches().at(round))


def parameters(*players):
    return [p for player in players for p in player.parameters()]


def test_a_round_is_the_hand_written_loop_but_for_rounding():
    game, plain = CycleGAN(*players(), pool=2).double(), [player.double() for player in players()]
    for i in range(4):
        play(game, Doubled().at(i), seed=0)
    plain_loop(*plain, rounds=4, data=Doubled())
    mine, before = parameters(game.G, game.F, game.D_X, game.D_Y), parameters(*players())
    for a, b in zip(mine, parameters(*plain), strict=True):
        assert torch.allclose(a, b, rtol=0, atol=1e-9)
    moved = [abs(a - b).max() > 1e-4 for a, b in zip(mine, before, strict=True)]
    assert sum(moved) > len(moved) / 2  # all but the biases before a norm, which have nothing to say


def test_network_by_network_it_is_the_hand_written_loop_bit_for_bit(monkeypatch):
    """Without the identity loss: with it a forger has three gradients to add up, and two orders to do so."""
    apart = lambda net, *batches: tuple(net(batch) for batch in batches)  # noqa: E731
    monkeypatch.setattr("gancourse.games.cyclegan.together", apart)
    game, plain = CycleGAN(*players(), pool=2, identity=0.0), players()
    train(game, batches(), 4, progress=False)
    plain_loop(*plain, rounds=4, data=batches(), identity=0.0)
    mine = parameters(game.G, game.F, game.D_X, game.D_Y)
    assert all(torch.equal(a, b) for a, b in zip(mine, parameters(*plain), strict=True))


class Times(nn.Module):
    """Multiplies by a number: a forger whose losses can be worked out by hand."""

    def __init__(self, factor: float):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))

    def forward(self, x):
        return self.factor * x


def test_each_loss_by_hand():
    game = CycleGAN(Times(2.0), Times(3.0), Times(1.0), Times(0.5), identity=0.0)
    x, y = torch.full((1, 1, 2, 2), 0.1), torch.full((1, 1, 2, 2), 0.2)
    fake_y, fake_x = game.G(x), game.F(y)  # 0.2 and 0.6
    home = game.forward_cycle(x, fake_y).item(), game.backward_cycle(y, fake_x).item()
    assert home == pytest.approx((0.5, 1.0))  # 0.6 for 0.1, 1.2 for 0.2
    same_x, same_y = game.F(x), game.G(y)  # 0.3 for 0.1, and 0.4 for 0.2
    assert [game.identity_loss(*z).item() for z in ((x, same_x), (y, same_y))] == pytest.approx([0.2, 0.2])
    fooled = (0.5 * 0.2 - 1) ** 2, (0.6 - 1) ** 2  # D_Y on fake_y, D_X on fake_x, not the other way round
    fakes = []
    assert [loss.item() for loss in game.g_losses(x, y, fakes)] == pytest.approx([fooled[0] + 5, fooled[1] + 10])
    assert torch.equal(fakes[0], fake_y) and torch.equal(fakes[1], fake_x) and not any(z.requires_grad for z in fakes)
    one_way = game.g_losses(x, y, fakes := [])
    assert next(one_way) > 0 and len(fakes) == 1  # the other is not computed before it is asked for
    game.identity = 0.5
    assert [loss.item() for loss in game.g_losses(x, y, [])] == pytest.approx([fooled[0] + 6, fooled[1] + 11])
    assert torch.equal(game.drawn(game.G, x, y)[1], same_y)
    game.cycle = 0.0
    assert [loss.item() for loss in game.g_losses(x, y, [])] == pytest.approx(fooled)
    on_x, on_y = (0.1 - 1) ** 2 + 0.6**2, (0.5 * 0.2 - 1) ** 2 + (0.5 * 0.2) ** 2
    assert game.d_loss(x, y, fake_x, fake_y).item() == pytest.approx(0.5 * (on_x + on_y))


def test_the_games_of_the_ablation_lead_home_by_one_way_each():
    x, y = torch.full((1, 1, 2, 2), 2.0), torch.full((1, 1, 2, 2), 5.0)
    G, F = Times(3.0), Times(0.5)
    fake_y, fake_x = G(x), F(y)  # 6, 2.5; home to 3 and 7.5
    ways = {CycleGAN: 1 + 2.5, ForwardCycle: 1.0, BackwardCycle: 2.5, CycleAlone: 1 + 2.5}
    for kind, home in ways.items():
        game = kind(G, F, Times(1.0), Times(1.0), identity=0.0)
        assert game.forward_cycle(x, fake_y) + game.backward_cycle(y, fake_x) == home
        if kind is not CycleAlone:
            fooled = (6 - 1) ** 2 + (2.5 - 1) ** 2
            assert sum(loss.item() for loss in game.g_losses(x, y, [])) == pytest.approx(fooled + 10 * home)


def test_the_cycle_alone_goes_there_and_back_between_other_kinds_of_pictures():
    """x has 3 channels and y 5, so that no fake can be taken for the other."""
    torch.manual_seed(0)
    G, F = ResNetGenerator(3, 5, base=2, blocks=1), ResNetGenerator(5, 3, base=2, blocks=1)
    critics = [PatchGAN(c, base=2, layers=1, norm=nn.InstanceNorm2d) for c in (3, 5)]
    game = CycleAlone(G, F, *critics, identity=0.0)
    before = [p.clone() for D in critics for p in D.parameters()]
    x, y = torch.rand(1, 3, 16, 16), torch.rand(1, 5, 16, 16)
    by_hand = 10 * (l1_loss(F(G(x)), x) + l1_loss(G(F(y)), y))
    game.round(x, y)
    assert game.losses["G+F"] == by_hand.detach() and list(game.losses) == ["G+F"]
    assert all(torch.equal(a, b) for a, b in zip(before, (p for D in critics for p in D.parameters()), strict=True))


def test_home_is_measured_by_the_distances_and_reached_under_noise():
    x, y = torch.full((1, 1, 64, 64), 2.0), torch.full((1, 1, 64, 64), 5.0)
    squares = {"near_x": lambda a, b: (a - b).square().mean(), "near_y": lambda a, b: 100 * l1_loss(a, b)}
    game = CycleGAN(Times(3.0), Times(0.5), Times(1.0), Times(1.0), identity=0.0, **squares)
    assert game.forward_cycle(x, game.G(x)).item() == 1 and game.backward_cycle(y, game.F(y)).item() == 250
    game.noise_y = 0.4  # before F halves it: 0.2 on what comes home
    torch.manual_seed(0)
    assert game.forward_cycle(x, game.G(x)).item() == pytest.approx(1 + 0.2**2, rel=0.02)
    assert game.backward_cycle(y, game.F(y)).item() == 250
    game.noise_y, game.noise_x, game.near_y = 0.0, 0.1, lambda a, b: (a - b).std()
    assert game.backward_cycle(y, game.F(y)).item() == pytest.approx(0.3, rel=0.05) and game.noise_y == 0


def test_a_tint_stretches_and_shifts_each_channel_of_each_picture():
    x = torch.rand(2, 3, 8, 8)
    torch.manual_seed(0)
    y = tinted(x, 0.3)
    for before, after in zip(x.flatten(0, 1).flatten(1), y.flatten(0, 1).flatten(1), strict=True):
        slope = (after - after.mean()) / (before - before.mean())
        assert torch.allclose(slope, slope[0], atol=1e-3) and slope[0] != 1
    torch.manual_seed(1)
    many = tinted(torch.ones(20_000, 3, 1, 1), 0.3)  # 1 + 0.3 a + 0.3 b
    assert many.mean().item() == pytest.approx(1, abs=0.01)
    assert many.std().item() == pytest.approx(0.3 * 2**0.5, rel=0.02)
    game = CycleGAN(Times(3.0), Times(0.5), Times(1.0), Times(1.0), identity=0.0, tint_x=0.3)
    torch.manual_seed(0)
    asked = tinted(game.F(x[:, :1]), 0.3)
    torch.manual_seed(0)
    assert game.backward_cycle(x[:, :1], game.F(x[:, :1])) == l1_loss(3 * asked, x[:, :1])


def test_without_noise_no_random_number_is_drawn():
    game = CycleGAN(*players(), pool=0)
    before = torch.get_rng_state()
    assert len(list(game.g_losses(*batches().at(0), []))) == 2
    assert torch.equal(before, torch.get_rng_state())


def test_the_gradient_runs_through_the_whole_cycle():
    game = CycleGAN(*players(), identity=0.0)
    x, _ = batches().at(0)
    forth = l1_loss(game.F(game.G(x)), x)
    (gradient,) = torch.autograd.grad(forth, [next(game.G.parameters())])
    assert gradient.abs().sum() > 0


def test_a_pool_of_none_hands_on_whatever_comes():
    x = torch.rand(3, 1, 2, 2, requires_grad=True)
    assert torch.equal(ImagePool(0)(x), x) and not ImagePool(0)(x).requires_grad
    with pytest.raises(ValueError, match="0 or more"):
        ImagePool(-1)


def test_what_the_pool_holds_is_its_own():
    pool, picture = ImagePool(2), torch.zeros(1, 1, 2, 2)
    pool(picture)
    picture.fill_(1)
    assert pool.stored.eq(0).all()


def test_the_pool_fills_then_swaps_half_of_the_time():
    torch.manual_seed(0)
    pool = ImagePool(5)
    first = torch.arange(5.0)[:, None, None, None].expand(-1, 1, 2, 2)
    assert torch.equal(pool(first), first) and torch.equal(pool.stored, first)
    news = torch.arange(5.0, 2005.0)[:, None, None, None].expand(-1, 1, 2, 2)
    out = pool(news)[:, 0, 0, 0]
    assert 0.45 < (out == news[:, 0, 0, 0]).float().mean() < 0.55
    old = out[out != news[:, 0, 0, 0]]
    assert len(old.unique()) == len(old)  # what was handed on has left the pool
    together = torch.cat([out, pool.stored[:, 0, 0, 0]])
    assert torch.equal(together.sort().values, torch.arange(2005.0))  # nothing is lost, nothing is there twice


def test_a_checkpoint_keeps_the_pool_and_the_run_goes_on_bit_for_bit(tmp_path):
    whole = CycleGAN(*players(), pool=3)
    train(whole, batches(), 6, progress=False)
    first = CycleGAN(*players(), pool=3)
    train(first, batches(), 4, progress=False)
    checkpoint.save(first, tmp_path / "game.pt")
    second = CycleGAN(*players(), pool=3)
    checkpoint.load(second, tmp_path / "game.pt")
    assert len(second.pool_x.stored) == 3
    train(second, batches(), 2, progress=False)
    assert all(
        torch.equal(a, b) for a, b in zip(whole.state_dict().values(), second.state_dict().values(), strict=True)
    )


def test_batches_that_do_not_fit_are_told():
    game = CycleGAN(*players())
    with pytest.raises(ValueError, match="set identity=0"):
        game.expect(torch.zeros(1, 3, 8, 8), torch.zeros(1, 1, 8, 8))
    with pytest.raises(ValueError, match="not \\[-1, 1\\]"):
        game.expect(torch.zeros(1, 3, 8, 8), torch.full((1, 3, 8, 8), 9.0))
    game.expect(torch.zeros(1, 3, 8, 8), torch.zeros(2, 3, 16, 16))  # unpaired: number and size are free


def test_translating_leaves_the_game_as_it_was():
    game = CycleGAN(*players())
    before = {name: value.clone() for name, value in game.state_dict().items()}
    x = torch.rand(2, 3, 32, 32) * 2 - 1
    assert game.translate(x).shape == game.back(x).shape == x.shape
    assert not torch.equal(game.translate(x), game.back(x))
    assert all(torch.equal(before[name], value) for name, value in game.state_dict().items())


@pytest.mark.parametrize("scale", ["smoke", "laptop", "paper"])
def test_at_dusk_pairs_teach_the_very_forger_that_must_do_without(scale, monkeypatch):
    monkeypatch.setenv("GANCOURSE_SCALE", scale)
    without, told = recipes.cyclegan(rounds=2, **recipes.dusk_recipe()), recipes.supervised_of_dusk(2)
    shapes = [[tuple(p.shape) for p in G.parameters()] for G in (without.G, without.F, told.G)]
    assert shapes[0] == shapes[1] == shapes[2] and without.rate("G") == told.rate("G")
    assert (shapes[0] == [tuple(p.shape) for p in recipes.forger(64).parameters()]) == (scale == "paper")
