import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from benchmarks import agreement, cases, plain, roofline, train_step
from gancourse.scale import device

GAMES = list(cases.CASES)


@pytest.fixture(autouse=True)
def smoke(monkeypatch):
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")


@pytest.mark.parametrize("name", GAMES)
def test_the_textbook_plays_the_same_game_as_the_library(name):
    assert agreement.exact(name) < 1e-8 and agreement.as_timed(name, {}, {}) < 1e-3
    assert torch.get_default_dtype() is torch.float32


def here():
    """Not a process of its own: what a test has changed would not be known there."""
    return ThreadPoolExecutor(1)


def slower(self, game):
    """A textbook with another rate for D."""
    plain.TextbookPix2Pix.__init__(self, game)
    self.opt_d.param_groups[0]["lr"] *= 0.99


def whole(self, x, y):
    """A textbook that forgets to halve D's loss: to Adam's step that is the same, but not to the loss."""
    losses = plain.TextbookPix2Pix.round(self, x, y)
    return losses | {"D": 2 * losses["D"]}


@pytest.mark.parametrize("change", [{"__init__": slower}, {"round": whole}])
def test_another_game_is_found_out_and_no_ratio_is_given(change, monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(plain.LOOPS, "pix2pix", type("Other", (plain.TextbookPix2Pix,), change))
    monkeypatch.setattr(train_step, "process", here)
    assert agreement.exact("pix2pix") > 1e-3
    assert train_step.main(["--games", "pix2pix", "--out", str(tmp_path / "t.json")]) == 1
    found = json.loads((tmp_path / "t.json").read_text("utf-8"))["games"]["pix2pix"]
    assert set(found["textbook over"]["round"].values()) == {None} and "other numbers" in capsys.readouterr().out


def test_numbers_that_are_none_never_agree():
    assert agreement.worst([0.0, float("nan"), 1.0]) == float("inf")


def test_one_game_is_measured_in_fresh_processes_and_told(tmp_path, capsys):
    assert train_step.main(["--games", "cGAN", "--out", str(tmp_path / "t.json")]) == 0
    result, said = json.loads((tmp_path / "t.json").read_text("utf-8")), capsys.readouterr().out
    assert result["games"]["cGAN"]["train chooses"] == "fp32" and "train chooses" in said  # the tests' choice
    assert result["scale"] == "smoke" and {"hardware", "versions", "date", "library"} < set(result)
    assert "gancourse/game.py" in result["library"] and min(result["rates (per second)"].values()) > 0
    found, ways = result["games"]["cGAN"], {"textbook", *train_step.VARIANTS}
    assert found["batch"] == [[64, 1, 28, 28], [64]] and set(found["parameters"]) == {"G", "D"}
    for feed in ("round", "with data"):
        assert set(found["milliseconds"][feed]) == ways and len(found["milliseconds"][feed]["fp32"]) == 2
        ratio = found["textbook over"][feed]["fp32"]
        assert 0 < ratio["low"] <= ratio["median"] <= ratio["high"]
    assert set(found["resident set (MiB)"]) == ways
    assert all(len(grown) == 2 and min(grown) > 0 for grown in found["resident set (MiB)"].values())
    assert set(found["tensors (MiB)"]) == ways and min(found["tensors (MiB)"].values()) > 0
    assert "cGAN, with data" in said and "textbook / fp32" in said and "roofline (ms)" in said and "MiB" in said


@pytest.mark.parametrize("name", GAMES)
def test_a_round_of_the_library_needs_no_more_memory_for_tensors_than_the_textbooks(name, monkeypatch):
    monkeypatch.setenv("GANCOURSE_SCALE", "laptop")
    assert 0 < train_step.needed(name, "fp32") <= train_step.needed(name, train_step.PLAIN)


def test_every_variant_has_a_column(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(train_step.VARIANTS, "seeded", train_step.Variant({"seed": 0}, within=1e-3))
    monkeypatch.setattr(train_step, "process", here)
    assert train_step.main(["--games", "CycleGAN", "--repeats", "1", "--out", str(tmp_path / "t.json")]) == 0
    assert "textbook / seeded" in capsys.readouterr().out
    found = json.loads((tmp_path / "t.json").read_text("utf-8"))["games"]["CycleGAN"]
    assert found["agreement"]["seeded"]["same"] and "seeded" in found["share of roofline"]


@pytest.mark.parametrize("name", GAMES)
def test_the_data_of_both_has_the_form_of_the_random_batches(name):
    batches, loader = cases.CASES[name].data()
    some = cases.batch_of(name)
    theirs = next(train_step.around(loader, len(some)))
    for batch in (batches.at(0), theirs):
        assert [(part.shape, part.dtype) for part in batch] == [(part.shape, part.dtype) for part in some]
        assert batch[0].min() >= -1 and batch[0].max() <= 1 and batch[0].std() > 0.1


def test_games_are_made_alike_and_without_running_means():
    a, b = (cases.game_of("GAN") for _ in "ab")
    assert not len(a.averages) and not a.decays
    assert all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))


def test_at_paper_scale_the_games_are_the_papers(monkeypatch):
    monkeypatch.setenv("GANCOURSE_SCALE", "paper")
    counts = {name: agreement.players(cases.CASES[name].make()) for name in ("pix2pix", "CycleGAN")}
    assert {key: len(row) for key, row in counts["pix2pix"].items()} == {"G": 54_413_955, "D": 2_768_705}
    assert len(counts["CycleGAN"]["G"]) == 11_378_179 and len(counts["CycleGAN"]["D_X"]) == 2_764_737
    assert cases.size() == 256 and cases.CASES["CycleGAN"].random()[0].shape == (1, 3, 256, 256)


def test_the_pool_is_the_papers():
    pool, a = plain.Pool(3), torch.arange(3.0).view(3, 1, 1, 1)
    assert torch.equal(pool.query(a), a) and len(pool.kept) == 3  # not full: stored and handed on
    out = [pool.query(torch.full((1, 1, 1, 1), 9.0 + i)).item() for i in range(200)]
    fresh = sum(value == 9 + i for i, value in enumerate(out))
    assert 60 < fresh < 140 and len(pool.kept) == 3 and len(set(out)) == 200


def test_flops_and_bytes_of_one_layer_are_counted_by_hand():
    net, x = nn.Linear(8, 4, bias=False), torch.randn(16, 8)

    def play(x):
        net(x).sum().backward()

    product = 2 * 16 * 8 * 4
    traffic = 4 * (16 * 8 + 8 * 4 + 16 * 4)  # float32: inputs, weights and outputs
    assert roofline.cost(play, x) == {"flops": 2 * product, "bytes": 2 * traffic}  # backward: the weights' gradient


def test_the_bound_is_the_slower_of_arithmetic_and_traffic():
    bound = roofline.bound({"flops": 100, "bytes": 10}, {"matmul": 1000.0, "copy": 50.0})
    assert bound == {"matmul": 100.0, "copy": 200.0, "roofline": 200.0}
    assert roofline.faster({"matmul": 1.0, "copy": 4.0}, {"matmul": 2.0, "copy": 3.0}) == {"matmul": 2.0, "copy": 4.0}


def test_a_round_counts_what_adam_moves():
    game, batch = cases.game_of("cGAN"), cases.batch_of("cGAN")
    parameters = sum(p.nbytes for p in game.parameters())
    alone, all_of_it = roofline.cost(game.round, *batch), roofline.of_round(game, batch)
    assert all_of_it == {"flops": alone["flops"], "bytes": alone["bytes"] + 7 * parameters}
    assert alone["flops"] < roofline.cost(plain.Tutorial(game).round, *batch)["flops"]  # no gradient for D in G's step


def test_results_of_each_scale_and_device_are_apart():
    assert train_step.results("train_step", "paper").name == f"train_step-paper-{device().type}.json"
