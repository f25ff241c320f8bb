"""How the learning rate goes down: a factor for every round.

A schedule is asked with the rounds that the game has played, and with the share of its run that is done, from 0 to 1.
:func:`gancourse.game.train` knows the share; in a loop by hand it stays 0.
"""

from collections.abc import Callable

Schedule = Callable[[int, float], float]


def constant(played: int, share: float = 0.0) -> float:
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
    return lambda played, share=0.0: max(0.0, 1 - max(0, played + 1 - hold) / (fall + 1))


def falling(hold: float = 0.5) -> Schedule:
    """The rate stays for this share of the run and then falls on a straight line to zero at its end, whether the run
    is told in rounds or in minutes.

    Raises:
        ValueError: a share that is not between 0 and 1.
    """
    if not 0 <= hold < 1:
        raise ValueError(f"falling({hold}): the share of the run before the fall lies from 0 to 1, without 1")
    return lambda played, share: max(0.0, 1 - max(0.0, share - hold) / (1 - hold))
