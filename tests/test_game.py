"""The game: minimize is the hand-written loop, moves its players alone, and says what is wrong."""

import math
import signal
from itertools import islice

import pytest
import torch
from torch import nn
from torch.nn.functional import softplus
from torch.optim import Adam

from gancourse import checkpoint, workers
from gancourse.data.batches import Batches
from gancourse.game import Game, NonFiniteLoss, train
from gancourse.games.cgan import CGAN
from gancourse.games.gan import GAN
from gancourse.loop import Minutes
from gancourse.networks.dcgan import DCDiscriminator, DCGenerator
from gancourse.networks.mlp import MLPDiscriminator, MLPGenerator
from gancourse.schedules import linear_decay

SHAPE = (1, 4, 4)


def small_gan(**settings) -> GAN:
    torch.manual_seed(0)
    return GAN(MLPGenerator(5, SHAPE, hidden=(8, 8)), MLPDiscriminator(SHAPE, hidden=(8,)), **settings)


def images(n: int = 64) -> torch.Tensor:
    return torch.rand(n, *SHAPE, generator=torch.Generator().manual_seed(1)) * 2 - 1


class Held:
    """What a graph holds for its backward(): how many at a time is written down."""

    def __init__(self, tensor, held, most):
        self.tensor, self.held = tensor, held
        held.append(1)
        most.append(len(held))

    def __del__(self):
        self.held.pop()


def copies(net: nn.Module) -> list[torch.Tensor]:
    return [p.detach().clone() for p in net.parameters()]


def same(net: nn.Module, before: list[torch.Tensor]) -> bool:
    return all(torch.equal(p, q) for p, q in zip(net.parameters(), before, strict=True))


def plain_loop(G: nn.Module, D: nn.Module, batches, rounds: int) -> None:
    """The loop of the tutorials, by hand."""
    opt_d = Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    opt_g = Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    for i, (x,) in enumerate(islice(batches, rounds)):
        torch.manual_seed(i)
        fake = G(torch.randn(len(x), G.z_dim))
        opt_d.zero_grad()
        (softplus(-D(x)).mean() + softplus(D(fake.detach())).mean()).backward()
        opt_d.step()
        opt_g.zero_grad()
        softplus(-D(fake)).mean().backward()
        opt_g.step()


@pytest.mark.parametrize("pair", ["mlp", "conv"])
def test_minimize_is_the_hand_written_loop_bit_for_bit(pair):
    def pairs():
        torch.manual_seed(0)
        if pair == "mlp":
            return MLPGenerator(5, SHAPE, hidden=(8, 8)), MLPDiscriminator(SHAPE, hidden=(8,)), images()
        return DCGenerator(5, width=2), DCDiscriminator(width=2), torch.rand(64, 1, 28, 28) * 2 - 1

    G, D, x = pairs()
    game = GAN(G, D)
    train(game, Batches(x, size=16), 10, progress=False)
    H, E, x = pairs()
    plain_loop(H, E, Batches(x, size=16), 10)
    assert all(torch.equal(a, b) for a, b in zip(G.state_dict().values(), H.state_dict().values(), strict=True))
    assert all(torch.equal(a, b) for a, b in zip(D.state_dict().values(), E.state_dict().values(), strict=True))


def test_minimize_moves_only_its_players():
    game, x = small_gan(), images()
    before_g, before_d = copies(game.G), copies(game.D)
    game.minimize(game.d_loss(x, game.G(game.noise(len(x)))), game.D)  # not even detached
    assert same(game.G, before_g) and not same(game.D, before_d)
    before_d = copies(game.D)
    game.minimize(game.g_loss(game.G(game.noise(len(x)))), game.G)
    assert same(game.D, before_d) and not same(game.G, before_g)
    assert all(p.grad is None for p in game.parameters())


def test_minimize_moves_several_players_on_one_loss():
    game, x = small_gan(), images()
    before_g, before_d = copies(game.G), copies(game.D)
    game.minimize(game.g_loss(game.G(game.noise(len(x)))), game.G, game.D)
    assert not same(game.G, before_g) and not same(game.D, before_d)
    assert list(game.losses) == ["G+D"]


def test_minimize_refuses_a_loss_that_does_not_depend_on_the_player():
    game, x = small_gan(), images()
    fake = game.G(game.noise(len(x))).detach()
    before = copies(game)
    with pytest.raises(ValueError, match="does not depend on G"):
        game.minimize(game.g_loss(fake), game.G)
    with pytest.raises(ValueError, match="does not depend on D"):
        game.minimize(torch.tensor(1.0), game.D)
    with pytest.raises(ValueError, match="does not depend on D"):  # one of two players is left out
        game.minimize(game.G(game.noise(4)).mean(), game.G, game.D)
    assert same(game, before)


def test_minimize_refuses_what_is_no_number_no_player_or_frozen():
    game, x = small_gan(), images()
    with pytest.raises(ValueError, match=r"shape \(64, 1\).*mean"):
        game.minimize(game.D(x), game.D)
    with pytest.raises(ValueError, match="no player of this game"):
        game.minimize(game.D(x).mean(), nn.Linear(1, 1))
    game.D.requires_grad_(False)
    with pytest.raises(ValueError, match="frozen"):
        game.minimize(game.g_loss(game.G(game.noise(4))), game.D)
    game.G.requires_grad_(False)
    with pytest.raises(ValueError, match="frozen"):  # before it ever learned
        game.minimize(game.g_loss(game.G(game.noise(4))), game.G)
    other = small_gan()
    with pytest.raises(TypeError, match="the loss of D is a float, not a tensor"):
        other.minimize(0.5, other.D)
    with pytest.raises(ValueError, match="no loss of D"):
        other.minimize(iter([]), other.D)


def in_parts(game, x):
    """The critic's loss on 64 pictures in four parts of 16, each computed when it is asked for."""
    for some in x.chunk(4):
        yield game.D(some).square().mean() / 4


def test_a_loss_in_parts_is_the_whole_one_for_each_player_that_it_reaches():
    whole, game, x = small_gan().double().eval(), small_gan().double().eval(), images().double()  # without dropout
    fooled = whole.D(whole.G(torch.ones(2, 5).double())).mean()
    whole.minimize(whole.D(x).square().mean() + fooled, whole.G, whole.D)
    game.minimize([*in_parts(game, x), game.D(game.G(torch.ones(2, 5).double())).mean()], game.G, game.D)  # G: the last
    assert game.losses["G+D"].item() == pytest.approx(whole.losses["G+D"].item())
    for a, b in zip(game.parameters(), whole.parameters(), strict=True):
        assert torch.allclose(a, b, rtol=0, atol=1e-12) and a.grad is None


def test_of_a_loss_in_parts_one_is_held_at_a_time():
    game, x = small_gan(), images()
    most = []
    for losses in (in_parts, lambda game, x: list(in_parts(game, x))):
        held, kept = [], []
        with torch.autograd.graph.saved_tensors_hooks(lambda t: Held(t, held, kept), lambda one: one.tensor):  # noqa: B023
            game.minimize(losses(game, x), game.D)
        most.append(max(kept))
    assert most[1] == 4 * most[0] > 4


def test_parts_that_share_a_computation_and_parts_that_move_others_are_told():
    game, x = small_gan(), images()
    y = game.D(x)
    with pytest.raises(ValueError, match="the loss of D shares a computation .* add the two up"):
        game.minimize([y.square().mean(), y.square().sum()], game.D)

    def moving():
        yield game.D(x).mean()
        game.minimize(game.D(game.G(game.noise(4))).mean(), game.G)

    with pytest.raises(ValueError, match="called by a part of another loss"):
        game.minimize(moving(), game.D)


def test_after_a_part_that_broke_off_the_game_is_as_before():
    game, whole, x = small_gan(), small_gan(), images()

    def broken():
        yield game.D(x).mean()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        game.minimize(broken(), game.D)
    assert all(p.grad is None for p in game.parameters())
    for one in (game, whole):
        torch.manual_seed(0)
        one.minimize(one.D(x).mean(), one.D)
    assert same(game.D, copies(whole.D))


def test_a_part_that_is_no_number_or_not_finite_moves_nobody():
    game, x = small_gan(), images()
    before = copies(game.D)
    for part, told in ((game.D(x), "not one number"), (game.D(x).sum() * float("nan"), "not finite|is nan")):
        with pytest.raises((ValueError, NonFiniteLoss), match=told):
            game.minimize((one for one in (game.D(x).mean(), part)), game.D)
        assert same(game.D, before)


def test_a_network_replaced_after_it_began_to_learn_is_told():
    game, x = small_gan(), images()
    game.round(x)
    game.D = MLPDiscriminator(SHAPE, hidden=(8,))
    with pytest.raises(ValueError, match="D has changed"):
        game.round(x)


def test_a_shared_parameter_is_stepped_once():
    class Twins(Game):
        def __init__(self):
            super().__init__(lr=0.1)
            self.a = nn.Linear(1, 1, bias=False)
            self.b = nn.Sequential(self.a, nn.Linear(1, 1, bias=False))

    game = Twins()
    start = game.a.weight.item()
    game.minimize(game.b(torch.ones(1, 1)).sum() + game.a(torch.ones(1, 1)).sum(), game.a, game.b)
    assert abs(game.a.weight.item() - start) == pytest.approx(0.1, rel=1e-3)  # Adam's first step is lr long


def test_losses_of_an_undecided_critic_are_what_theory_says():
    class Undecided(nn.Module):
        def forward(self, x, y=None):
            return torch.zeros(len(x), 1)

    x, y = images(), torch.zeros(64, dtype=torch.long)
    game = GAN(MLPGenerator(5, SHAPE), Undecided())
    assert game.d_loss(x, x).item() == pytest.approx(2 * math.log(2))
    assert game.g_loss(x).item() == pytest.approx(math.log(2))
    game = CGAN(MLPGenerator(5, SHAPE, classes=3), Undecided(), d_weight=0.5)
    assert game.d_loss(x, x, y).item() == pytest.approx(math.log(2))
    assert game.g_loss(x, y).item() == pytest.approx(math.log(2))


def test_learning_rates_can_be_set_for_each_player_and_between_rounds():
    game, x = small_gan(lr={"G": 0.0, "D": 1e-2}), images()
    before_g, before_d = copies(game.G), copies(game.D)
    game.round(x)
    assert same(game.G, before_g) and not same(game.D, before_d)
    game.lr, before_d = 0.0, copies(game.D)
    game.round(x)
    assert same(game.D, before_d)


def test_looking_does_not_change_training():
    def trained(look):
        game = small_gan()
        train(game, Batches(images(), size=16), 6, look=look, every=1, progress=False)
        return copies(game)

    assert all(torch.equal(a, b) for a, b in zip(trained(()), trained(lambda g: g.sample(g.noise(7))), strict=True))


def test_training_in_two_parts_equals_training_at_once():
    once, twice = small_gan(), small_gan()
    train(once, Batches(images(), size=16), 9, progress=False)
    train(twice, Batches(images(), size=16), 4, progress=False)
    train(twice, Batches(images(), size=16), 5, progress=False)
    assert same(once, copies(twice)) and twice.played == 9


def test_train_takes_any_iterable_and_looks_in_time():
    seen = []
    game = small_gan()
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(images(64)), batch_size=32)
    history = train(game, loader, 7, look=lambda g: seen.append(g.played), every=3, progress=False)
    assert seen == [3, 6, 7] and [len(v) for v in history.values()] == [7, 7]
    train(game, iter([images(8)]), 1, progress=False)  # an iterator of bare tensors
    with pytest.raises(ValueError, match="no .*batch"):
        train(game, iter([images(8)]), 2, progress=False)
    with pytest.raises(ValueError, match="no .*batch"):
        train(game, [], 1, progress=False)


def test_a_batch_of_the_wrong_number_of_tensors_is_told():
    with pytest.raises(ValueError, match=r"has 2 tensors, but GAN plays a round with \(x\)"):
        train(small_gan(), [(images(8), torch.zeros(8, dtype=torch.long))], 1, progress=False)


def test_what_a_backward_by_hand_left_is_not_added():
    clean, after, x = small_gan(), small_gan(), images()
    game_loss = after.d_loss(x, after.G(after.noise(len(x))))
    game_loss.backward()  # leaves gradients in both players
    for game in (clean, after):
        torch.manual_seed(3)
        game.round(x)
    assert same(after, copies(clean))
    after.d_loss(x, after.G(after.noise(len(x)))).backward()
    with pytest.raises(ValueError, match="does not depend on G"):
        after.minimize(after.d_loss(x, x), after.D, after.G)


def test_a_look_may_leave_the_game_in_eval_mode():
    def trained(look):
        game = small_gan()
        train(game, Batches(images(), size=16), 6, look=look, every=1, progress=False)
        return copies(game)

    assert all(torch.equal(a, b) for a, b in zip(trained(()), trained(lambda g: g.eval()), strict=True))


def test_a_round_may_have_options_and_losses_are_of_this_training():
    class Twice(GAN):
        def round(self, x, times=2):
            for _ in range(times):
                super().round(x)

    game = small_gan()
    game.__class__ = Twice
    game.minimize(game.g_loss(game.G(game.noise(4))), game.G, game.D)
    assert set(train(game, [images(8)], 1, progress=False)) == {"D", "G"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([images(8)], 0), "rounds=0"),
        (([{"x": images(8)}], 1), "holds a dict"),
        (([images(8).numpy()], 1), "holds a ndarray"),
        (([images(8).double()], 1), "float64.*x.float"),
        (([images(0)], 1), "empty batch"),
        (([images(8) * float("nan")], 1), r"NaN or infinite"),
    ],
)
def test_batches_that_cannot_be_are_told(arguments, message):
    with pytest.raises(ValueError, match=message):
        train(small_gan(), *arguments, progress=False)


def test_a_rate_for_every_player_and_a_player_for_every_step():
    game, x = small_gan(lr={"G": 1e-4}), images()
    with pytest.raises(ValueError, match="no rate for D"):
        game.round(x)
    with pytest.raises(ValueError, match="no player"):
        game.minimize(game.d_loss(x, x))


def test_a_running_mean_follows_its_player_and_changes_nothing_else():
    plain, followed = small_gan(), small_gan()
    start = [v.clone() for v in followed.G.state_dict().values()]
    followed.average("G", decay=0.9)
    assert followed.averaged("G") is not followed.G and plain.averaged("G") is plain.G
    seen = []
    look = lambda game: seen.append([v.clone() for v in game.G.state_dict().values()])  # noqa: E731
    train(plain, Batches(images(), size=16), 4, progress=False)
    train(followed, Batches(images(), size=16), 4, look=look, every=1, progress=False)
    assert same(plain.G, copies(followed.G)) and same(plain.D, copies(followed.D))
    mean = start
    for n, values in enumerate(seen):
        keep = min(0.9, (1 + n) / (10 + n)) if n else 0.0  # torch's AveragedModel begins with a copy
        mean = [keep * m + (1 - keep) * v if m.is_floating_point() else v for m, v in zip(mean, values, strict=True)]
    for m, v in zip(mean, followed.averaged("G").state_dict().values(), strict=True):
        assert torch.allclose(m, v, atol=1e-6)


def test_samples_come_from_the_running_mean():
    game = small_gan()
    game.average("G")
    z = game.noise(3)
    before = game.sample(z)
    torch.nn.init.zeros_(game.G.net[0].weight)
    assert torch.equal(game.sample(z), before)


def test_progress_bar_shows_the_losses(capsys):
    train(small_gan(), Batches(images(), size=16), 3)
    out = capsys.readouterr().out
    assert "3/3" in out and "D " in out and "G " in out


def test_a_loss_that_is_not_finite_is_named_with_its_round_and_leaves_the_game_good():
    class Breaks(GAN):
        def g_loss(self, fake):
            return super().g_loss(fake) * (float("nan") if self.played == 4 else 1)

    game = small_gan()
    game.__class__ = Breaks
    with pytest.raises(NonFiniteLoss, match="loss of G is nan in round 5"):
        train(game, Batches(images(), size=16), 10, progress=False)
    assert all(p.isfinite().all() for p in game.parameters()) and game.played == 4


def test_interrupted_between_rounds_and_usable_afterwards(capsys):
    def interrupt(game):
        if game.played == 3:
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)  # ignored where the tests run in the background of a shell
    game = small_gan()
    history = train(game, Batches(images(), size=16), 50, look=interrupt, every=1, progress=False)
    assert game.played in (3, 4) and len(history["D"]) == game.played
    assert "Stopped after round" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is before
    train(game, Batches(images(), size=16), 2, progress=False)
    assert len(history["D"]) + 2 == game.played and all(p.isfinite().all() for p in game.parameters())


def test_training_in_a_thread_needs_no_signal():
    from threading import Thread

    game = small_gan()
    thread = Thread(target=train, args=(game, Batches(images(), size=16), 2), kwargs={"progress": False})
    thread.start()
    thread.join()
    assert game.played == 2


def test_an_optimizer_of_ones_own_takes_the_steps_and_leaves_out_those_that_are_not_finite():
    game = small_gan()
    for name in "DG":
        game.optimizers[name] = torch.optim.SGD(getattr(game, name).parameters(), lr=0.5)
    before = copies(game.D)
    train(game, Batches(images(), size=16), 1, progress=False)
    assert not same(game.D, before)
    before = copies(game.D)
    with pytest.raises(NonFiniteLoss):
        game.minimize(sum(p.sum() for p in game.D.parameters()) * float("nan"), game.D)
    assert same(game.D, before)


def with_sgd(**how) -> GAN:
    game = small_gan()
    for name in "DG":
        game.optimizers[name] = torch.optim.SGD(getattr(game, name).parameters(), **how)
    return game


def test_an_optimizer_of_ones_own_is_told_the_games_rate():
    game, by_hand = with_sgd(lr=7.0).eval(), small_gan().eval()  # D has dropout
    game.lr = 0.5
    game.minimize(game.d_loss(images(), torch.zeros(4, *SHAPE)), game.D)
    by_hand.d_loss(images(), torch.zeros(4, *SHAPE)).backward()
    for p, q in zip(game.D.parameters(), by_hand.D.parameters(), strict=True):
        assert torch.allclose(p, q - 0.5 * q.grad)


def test_an_optimizer_of_ones_own_is_kept_and_no_other_takes_its_place(tmp_path):
    whole, part = with_sgd(lr=0.1, momentum=0.9), with_sgd(lr=0.1, momentum=0.9)
    train(whole, [images()], 6, progress=False)
    train(part, [images()], 3, progress=False)
    checkpoint.save(part, tmp_path / "game.pt")
    checkpoint.load(again := with_sgd(lr=0.1, momentum=0.9), tmp_path / "game.pt")
    train(again, [images()], 3, progress=False)
    assert same(again, copies(whole))
    with pytest.raises(ValueError, match="kept with another kind of optimizer: set game.optimizers"):
        checkpoint.load(small_gan(), tmp_path / "game.pt")


def test_an_optimizer_of_ones_own_may_have_groups():
    game = small_gan()
    *most, last = game.G.parameters()
    game.optimizers["G"] = torch.optim.SGD([{"params": most}, {"params": [last], "momentum": 0.9}])
    train(game, [images()], 1, progress=False)
    assert [group["lr"] for group in game.optimizers["G"].param_groups] == [2e-4, 2e-4]


def test_a_network_under_two_names_takes_one_step():
    class Alone(GAN):
        def __init__(self):
            super().__init__(small_gan().G, small_gan().D, lr=1e-3)
            self.other = self.D

        def round(self, x):
            self.minimize(self.d_loss(x, torch.zeros(4, *SHAPE)), self.D, self.other)

    game = Alone()
    before = copies(game.D)
    train(game, [images()], 1, progress=False)
    steps = [(p - q).abs().max().item() for p, q in zip(game.D.parameters(), before, strict=True)]
    assert max(steps) < 1.01e-3 and set(game.losses) == {"D"}


def test_the_start_can_be_loaded_again(tmp_path):
    game = small_gan()
    checkpoint.save(game, tmp_path / "start.pt")
    first = train(game, [images()], 5, progress=False)
    checkpoint.load(game, tmp_path / "start.pt")
    assert train(game, [images()], 5, progress=False) == first


def test_a_loss_of_one_number_in_a_row_is_one():
    game = small_gan()
    game.minimize(game.d_loss(images(), torch.zeros(4, *SHAPE)).view(1), game.D)
    assert game.losses["D"].shape == ()


def test_a_rate_that_has_fallen_to_nothing_is_told(capsys):
    game = small_gan(schedule=linear_decay(2, 2))
    train(game, [images()], 4, progress=False)
    assert "learning rate is 0" not in capsys.readouterr().out
    train(game, [images()], 1, progress=False)
    assert "the learning rate is 0 from round 5 on" in capsys.readouterr().out


@pytest.mark.parametrize(
    "how, message",
    [
        ({"average": "G"}, r"average=\['G'\]"),
        ({"average": ["H"]}, "no player 'H' to average, only G, D"),
        ({"keep": "runs/x"}, r"keep=Keeper\('runs/x'\)"),
    ],
)
def test_what_train_is_asked_for_is_looked_at(how, message):
    with pytest.raises((TypeError, ValueError), match=message):
        train(small_gan(), [images()], 1, progress=False, **how)


def test_a_game_without_players_is_told():
    with pytest.raises(ValueError, match="this Game has no players"):
        train(Game(), [images()], 1)


def test_a_batch_that_is_not_finite_is_told_from_a_game_that_ran_away():
    bad = images(16).index_fill(0, torch.tensor([3]), float("nan"))
    with pytest.raises(NonFiniteLoss, match="round 2. No step was taken on it; its batch holds numbers that are NaN"):
        train(small_gan(), [images(16), bad], 3, progress=False)
    game = small_gan()
    torch.nn.init.constant_(next(game.D.parameters()), float("inf"))
    with pytest.raises(NonFiniteLoss, match="try a lower learning rate"):
        train(game, [images(16)], 3, progress=False)


def test_workers_that_do_not_know_one_another_are_told(monkeypatch):
    """Each would play a game of its own."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(workers, "KNOWN", [])
    with pytest.raises(ValueError, match="train inside `with gancourse.workers.joined"):
        train(small_gan(), [images(16)], 1, progress=False)
    workers.KNOWN.append(0)
    train(small_gan(), [images(16)], 1, progress=False)


def test_a_bar_of_minutes_is_never_pushed_over_its_end(monkeypatch):
    clock = iter([0.0, 0.9, 2.5, 4.0])
    monkeypatch.setattr("gancourse.loop.time.monotonic", lambda: next(clock))
    run = Minutes(minutes=3.0 / 60, spent=0.0)
    assert [round(run.step(), 6) for _ in range(3)] == [0.9, 1.6, 0.5]
