"""How the learning rate goes down: a factor for every round."""

from collections.abc import Callable

Schedule = Callable[[int], float]


def constant(played: int) -> float:
    """The rate stays as it is."""
    return 1.0


def linear_decay(hold: int, fall: int) -> Schedule:
    """The rate stays for `hold` rounds and then falls on a straight line, over `fall` rounds.

    Zhu et al. 2017 (arXiv:1703.10593), sec. 4: 100 epochs and 100 epochs. As in the reference implementation the last
    of them is not played at zero: the factor is 1 - k / (fall + 1) in the k-th round of the fall.

    Raises:
        ValueError: a negative number of rounds.
    """
    if hold < 0 or fall < 0:
        raise ValueError(f"linear_decay({hold}, {fall}): numbers of rounds cannot be negative")
    return lambda played: max(0.0, 1 - max(0, played + 1 - hold) / (fall + 1))
