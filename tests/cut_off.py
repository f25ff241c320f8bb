"""Runs that are cut off, and whether two of them ended alike."""

import torch

from gancourse import checkpoint


def same_game(one, other) -> bool:
    """Whether the games in two folders have equal weights, states of Adam and rounds, to the last bit."""
    a, b = [checkpoint.read(folder / "game.pt") for folder in (one, other)]
    weights = all(torch.equal(a["networks"][name], value) for name, value in b["networks"].items())
    moments = [
        torch.equal(a["optimizers"][player]["state"][i][name], value)
        for player, optimizer in b["optimizers"].items()
        for i, state in optimizer["state"].items()
        for name, value in state.items()
    ]
    return weights and all(moments) and len(moments) > 10 and a["played"] == b["played"]


class Broken:
    """Batches in whose round `at_round`, counted from 0, something happens."""

    def __init__(self, batches, happen, at_round: int):
        self.batches, self.happen, self.at_round = batches, happen, at_round
        self.per_epoch = batches.per_epoch

    def at(self, round: int):
        if round == self.at_round:
            self.happen()
        return self.batches.at(round)


def crash():
    raise RuntimeError("power failure")
