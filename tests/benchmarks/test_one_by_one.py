"""Each way leaves out, or adds, what it says; and the command writes what it measured."""

import json
from unittest import mock

import pytest
import torch

from benchmarks import one_by_one
from benchmarks.cases import batch_of, game_of
from benchmarks.one_by_one import WAYS
from gancourse import memory
from gancourse.game import train


@pytest.fixture(autouse=True)
def smoke(monkeypatch):
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    yield
    mock.patch.stopall()


def played(name: str, way: str):
    """A game after a round played in this way, and how often its players were asked."""
    game, asked = game_of(name), []
    how = WAYS[way](game)
    for net in game.children():
        net.register_forward_hook(lambda *_: asked.append(1))
    train(game, [batch_of(name)], 1, progress=False, **{"precision": "fp32"} | how)
    mock.patch.stopall()
    return game, len(asked)


def test_adam_goes_parameter_by_parameter():
    (group,) = played("GAN", "fused Adam")[0].optimizers["D"].param_groups
    assert (group["fused"], group["foreach"]) == (None, False)
    (group,) = played("GAN", "as it is")[0].optimizers["D"].param_groups
    assert group["fused"] is True


def test_batches_go_one_after_the_other():
    assert played("CycleGAN", "one pass")[1] > played("CycleGAN", "as it is")[1]


def test_every_parameter_gets_a_gradient():
    given = []

    def of(way):
        game = game_of("GAN")
        WAYS[way](game)
        for p in game.D.parameters():
            p.register_post_accumulate_grad_hook(lambda p: given.append(1))
        game.minimize(game.g_loss(game.G(game.noise(4))), game.G)
        return len(given)

    assert of("as it is") == 0 and of("backward(inputs=...)") > 0


def test_memory_is_given_back():
    WAYS["held memory"](None)
    assert memory.hold() is False


def test_channels_are_last():
    game, _ = played("pix2pix", "channels_last")
    assert any(p.ndim == 4 and p.is_contiguous(memory_format=torch.channels_last) and p.shape[1] > 1 and p.shape[2] > 1
               for p in game.parameters())  # fmt: skip


def test_both_precisions_are_chosen():
    assert [WAYS[way](None) for way in ("fp32", "bf16")] == [{"precision": "fp32"}, {"precision": "bf16"}]


def test_all_ways_at_once_end_in_one_backward(monkeypatch):
    def of(way):
        asked, plain = [], torch.Tensor.backward
        with monkeypatch.context() as patch:
            patch.setattr("torch.Tensor.backward", lambda self, **how: asked.append(1) or plain(self, **how))
            game, _ = played("CycleGAN", way)
        return len(asked), game.losses["G+F"]

    (apart, one), (at_once, other) = of("as it is"), of("one way at a time")
    assert (apart, at_once) == (3, 2) and torch.isclose(one, other)


def test_a_game_is_measured_in_fresh_processes_and_told(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(one_by_one, "WAYS", {way: WAYS[way] for way in ("as it is", "fused Adam")})
    assert one_by_one.main(["--games", "GAN", "--repeats", "2", "--out", str(tmp_path / "o.json")]) == 0
    found = json.loads((tmp_path / "o.json").read_text("utf-8"))["games"]["GAN"]
    assert set(found["ratios"]["as it is"].values()) == {1.0} and len(found["milliseconds"]["fused Adam"]) == 2
    assert found["tensors (MiB)"]["as it is"] > 0
    assert "without fused Adam" in capsys.readouterr().out and "| GAN |" in (tmp_path / "o.md").read_text("utf-8")
