"""Schedules by the share of a run, and how `train` tells it; those by rounds are tested with pix2pix."""

import pytest

from gancourse import game as module
from gancourse.data.batches import Batches
from gancourse.game import train
from gancourse.schedules import constant, falling
from tests.test_game import images, small_gan


def test_the_rate_stays_and_then_falls_to_zero_at_the_end():
    assert [falling(0.5)(0, share) for share in (0, 0.3, 0.5, 0.75, 1)] == [1, 1, 1, 0.5, 0]
    assert [falling(0)(7, share) for share in (0, 0.25)] == [1, 0.75] and constant(3, 0.9) == 1


@pytest.mark.parametrize("hold", [-0.1, 1, 3])
def test_a_share_out_of_range_is_told(hold):
    with pytest.raises(ValueError, match="from 0 to 1"):
        falling(hold)


def rates(monkeypatch, **how) -> list[float]:
    """G's rate in each round of a run, as a share of the first."""
    seen, plain = [], module.play
    monkeypatch.setattr(module, "play", lambda game, *rest: seen.append(game.rate("G") / 2e-4) or plain(game, *rest))
    game = small_gan(schedule=falling(0.5))
    train(game, Batches(images(), size=16), progress=False, **how)
    return seen


def test_a_run_told_in_rounds_tells_its_share(monkeypatch):
    assert rates(monkeypatch, rounds=8) == pytest.approx([1, 1, 1, 1, 1, 0.75, 0.5, 0.25])


def test_a_run_told_in_minutes_ends_on_time_and_tells_its_share(monkeypatch):
    clock = iter(range(0, 10**6))  # each look at the clock takes a second
    monkeypatch.setattr("gancourse.loop.time.monotonic", lambda: float(next(clock)))
    seen = rates(monkeypatch, minutes=1)
    assert seen[0] == 1 and 0 <= seen[-1] < 0.15 and 20 <= len(seen) <= 40
    assert all(a >= b for a, b in zip(seen, seen[1:], strict=False))


@pytest.mark.parametrize("how", [{}, {"rounds": 3, "minutes": 1}, {"rounds": 0}, {"minutes": 0}, {"minutes": -1}])
def test_a_length_that_makes_no_sense_is_told(how):
    with pytest.raises(ValueError, match="rounds=|minutes="):
        train(small_gan(), Batches(images(), size=16), progress=False, **how)


def test_things_look_ten_times_in_a_run_told_in_minutes(monkeypatch):
    clock = iter(range(0, 10**6))
    monkeypatch.setattr("gancourse.loop.time.monotonic", lambda: 0.1 * next(clock))
    looks = []
    train(small_gan(), Batches(images(), size=16), minutes=1, look=looks.append, progress=False)
    assert len(looks) == 10
