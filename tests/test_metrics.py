"""The judge fails its controls, knows real digits, and is kept under what made it."""

import os

import pytest
import torch

from gancourse import metrics
from gancourse.data.digits import ImageSet, load


def toy_set(n: int, seed: int) -> ImageSet:
    """Ten classes that anyone can tell: a bright bar at the height of the class."""
    g = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 10, (n,), generator=g)
    images = torch.randint(0, 60, (n, 1, 28, 28), generator=g, dtype=torch.uint8)
    for i, c in enumerate(labels.tolist()):
        images[i, :, 2 + 2 * c : 5 + 2 * c] += 150
    return ImageSet("toy", images, labels)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANCOURSE_CACHE", str(folder))
        train, test = toy_set(3000, 0), toy_set(500, 1)
        yield metrics.judge_of(train, test, progress=False), train, test, folder


def test_each_control_is_caught_by_some_figure(trained):
    judge, train, test, _ = trained
    assert judge.accuracy > 0.98
    rows = {k: metrics.assess(judge, x, test, y) for k, (x, y) in metrics.controls(train, test).items()}
    real = rows["real"]
    assert real["classes"] == 10 and real["accuracy"] > 0.98 and real["diversity"] > 0.8
    for name in ("noise", "one image repeated", "blurred"):
        assert rows[name]["frechet"] > 20 * real["frechet"], name
        assert rows[name]["kernel"] > 20 * abs(real["kernel"]), name
    assert rows["one image repeated"]["classes"] == 1 and rows["one image repeated"]["diversity"] == 0
    assert rows["swapped labels"]["accuracy"] < 0.02 and rows["swapped labels"]["classes"] == 10


def test_the_judge_is_kept_and_found_again(trained, monkeypatch):
    judge, train, test, folder = trained
    monkeypatch.setenv("GANCOURSE_CACHE", str(folder))
    real_one, trainings = metrics.train_judge, []
    monkeypatch.setattr(metrics, "train_judge", lambda *a, **k: trainings.append(1) or real_one(*a, **k))
    monkeypatch.setattr(metrics, "source_of_judge", lambda: "the same")
    first = metrics.judge_of(train[:700], test, progress=False)
    second = metrics.judge_of(train[:700], test, progress=False)
    assert trainings == [1] and torch.equal(first.look(test.floats())[1], second.look(test.floats())[1])
    metrics.judge_of(train[:706], test, progress=False)  # other images, another judge
    monkeypatch.setattr(metrics, "source_of_judge", lambda: "other code")
    metrics.judge_of(train[:700], test, progress=False)
    assert trainings == [1, 1, 1] and len(list(folder.glob("judge-toy-*.pt"))) == 4


def test_training_a_judge_does_not_disturb_the_random_state():
    before = torch.get_rng_state()
    metrics.train_judge(toy_set(700, 0), toy_set(100, 1), epochs=1, progress=False)
    assert torch.equal(before, torch.get_rng_state())


def test_distances_are_what_they_should_be():
    g = torch.Generator().manual_seed(0)
    a, b = torch.randn(4000, 64, generator=g), torch.randn(4000, 64, generator=g)
    near, far = metrics.distances(a, b), metrics.distances(a, b + 0.5)
    assert far[0] == pytest.approx(near[0] + 64 * 0.25, rel=0.1)  # equal spread: the squared distance of the means
    assert near[0] < 2 and abs(near[1]) < 0.01 < far[1]


def test_diversity_counts_only_what_is_right():
    g = torch.Generator().manual_seed(0)
    real, labels = torch.randn(1000, 64, generator=g), torch.arange(1000) % 10
    same = torch.zeros(1000, 64)
    right = torch.ones(1000, dtype=torch.bool)
    assert metrics.diversity(real, right, labels, real, labels).min() == pytest.approx(1)
    assert metrics.diversity(same, right, labels, real, labels).max() == 0
    assert metrics.diversity(real / 2, right, labels, real, labels).min() == pytest.approx(0.5)
    half = torch.where((torch.arange(1000) < 500)[:, None], real, 0 * real)  # diverse where right, equal where wrong
    assert metrics.diversity(half, torch.arange(1000) < 500, labels, real, labels).min() > 0.9
    assert metrics.diversity(real, ~right, labels, real, labels).max() == 0


@pytest.mark.skipif("GANCOURSE_DATA" not in os.environ, reason="needs the real MNIST")
def test_the_judge_of_mnist_is_right_on_98_5_percent():
    judge = metrics.judge_of(load("mnist"), load("mnist", train=False), progress=False)
    assert judge.accuracy >= 0.985
