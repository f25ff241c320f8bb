import torch

from benchmarks import memory

MIB = 2**18  # numbers of float32


def one_after_the_other():
    for _ in range(3):
        torch.ones(MIB)


def both_at_once():
    a, b = torch.ones(MIB), torch.ones(2 * MIB)
    return a.sum() + b.sum()


def test_what_is_given_back_is_there_again():
    torch.ones(1)
    assert 1 <= memory.tensors(one_after_the_other) < 1.1
    assert 3 <= memory.tensors(both_at_once) < 3.1


def test_the_peak_is_what_was_held_at_most():
    before = memory.now()
    both_at_once()
    assert memory.held() >= before
