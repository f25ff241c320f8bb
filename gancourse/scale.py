"""One dial: how much work the hardware at hand should do."""

import os
from typing import TypeVar

import torch

SCALES = ("smoke", "laptop", "colab", "paper")
T = TypeVar("T")


def scale() -> str:
    """The scale in force: GANCOURSE_SCALE if it is set, else "colab" with a CUDA device and "laptop" without.

    Raises:
        ValueError: GANCOURSE_SCALE is none of smoke, laptop, colab, paper.
    """
    given = os.environ.get("GANCOURSE_SCALE")
    if given and given not in SCALES:
        raise ValueError(f"GANCOURSE_SCALE is {given!r}: choose one of {', '.join(SCALES)}")
    return given or ("colab" if torch.cuda.is_available() else "laptop")


def pick(*, smoke: T, laptop: T, colab: T | None = None, paper: T | None = None) -> T:
    """The value for the scale in force; a scale that is not named takes the next smaller one's.

    smoke: seconds, to prove that everything runs, with no claim to quality. laptop: minutes on two cores.
    colab: at most ten minutes on a free GPU. paper: the paper's settings, only when asked for.
    """
    values = {"smoke": smoke, "laptop": laptop, "colab": colab, "paper": paper}
    up_to = SCALES[: SCALES.index(scale()) + 1]
    return next(values[s] for s in reversed(up_to) if values[s] is not None)


def device() -> torch.device:
    """The accelerator if there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
