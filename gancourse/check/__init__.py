"""Exercises that check themselves: `check.ex01_d_loss(d_loss)` prints a verdict and returns True or False.

A verdict opens with "Right.", "Not yet:" or "Still open:". Checks play the answer on a few small numbers, take no time
and train nothing; every right way to write it is accepted. `predict` and `recall` keep predictions, `progress` shows
what is done (see :mod:`gancourse.check.diary` for where it is kept).
"""

from gancourse.check.ch00 import (
    ex00_bce,
    ex00_best_critic,
    ex00_even,
    ex00_mend,
    ex00_slopes,
    ex00_stop_gradient,
    ex00_transposed_size,
)
from gancourse.check.ch01 import (
    LISTING,
    STEPS,
    ex01_apart,
    ex01_d_loss,
    ex01_faults,
    ex01_g_loss,
    ex01_mend,
    ex01_mix,
    ex01_order,
    ex01_round,
)
from gancourse.check.ch02 import ex02_accuracy, ex02_cheat, ex02_d_loss, ex02_grid, ex02_listens, ex02_mend, ex02_tell
from gancourse.check.ch03 import ex03_iou, ex03_join, ex03_loss, ex03_shift, ex03_side, ex03_tile, ex03_unet
from gancourse.check.ch04 import (
    ex04_286,
    ex04_d_loss,
    ex04_design,
    ex04_field,
    ex04_map,
    ex04_mend,
    ex04_shift,
    ex04_square,
)
from gancourse.check.ch05 import (
    ex05_bytes,
    ex05_fixed_input,
    ex05_g_loss,
    ex05_jitter,
    ex05_mend,
    ex05_one,
    ex05_shown,
    ex05_spread,
    ex05_weight,
)
from gancourse.check.ch06 import ex06_claims, ex06_cycle, ex06_d_loss, ex06_identity, ex06_message, ex06_pool
from gancourse.check.diary import predict, progress, recall

__all__ = [
    "LISTING",
    "STEPS",
    "ex00_bce",
    "ex00_best_critic",
    "ex00_even",
    "ex00_mend",
    "ex00_slopes",
    "ex00_stop_gradient",
    "ex00_transposed_size",
    "ex01_apart",
    "ex01_d_loss",
    "ex01_faults",
    "ex01_g_loss",
    "ex01_mend",
    "ex01_mix",
    "ex01_order",
    "ex01_round",
    "ex02_accuracy",
    "ex02_cheat",
    "ex02_d_loss",
    "ex02_grid",
    "ex02_listens",
    "ex02_mend",
    "ex02_tell",
    "ex03_iou",
    "ex03_join",
    "ex03_loss",
    "ex03_shift",
    "ex03_side",
    "ex03_tile",
    "ex03_unet",
    "ex04_286",
    "ex04_d_loss",
    "ex04_design",
    "ex04_field",
    "ex04_map",
    "ex04_mend",
    "ex04_shift",
    "ex04_square",
    "ex05_bytes",
    "ex05_fixed_input",
    "ex05_g_loss",
    "ex05_jitter",
    "ex05_mend",
    "ex05_one",
    "ex05_shown",
    "ex05_spread",
    "ex05_weight",
    "ex06_claims",
    "ex06_cycle",
    "ex06_d_loss",
    "ex06_identity",
    "ex06_message",
    "ex06_pool",
    "predict",
    "progress",
    "recall",
]
