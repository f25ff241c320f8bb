"""How large a patch should the critic judge? Table 3 of Isola et al. 2017 (arXiv:1611.07004) at 128 px.

    python -m experiments.patchgan                 all rows; what is done already and still holds is not run again
    python -m experiments.patchgan "patch 70"      one row

The game is that of :mod:`experiments.pix2pix`; only the critic's layers change. At 128 px a critic of 70 px sees a good
part of a house, and one of 286 px more than there is.
"""

import sys

from experiments.pix2pix import MEASURED_BY, adversarial, opening, play
from experiments.trials import Row, Trials
from gancourse.results import FOLDER

ROWS = {
    f"patch {side}": Row(lambda size, layers=layers: adversarial(size, layers=layers), "128")
    for side, layers in {1: 0, 16: 1, 34: 2, 70: 3, 286: 5}.items()
}
TRIALS = Trials(FOLDER / "patchgan.json", ROWS, play, MEASURED_BY, opening=opening)


if __name__ == "__main__":
    sys.exit(TRIALS.main(__doc__))
