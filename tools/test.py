"""What `make test` runs, for every system: lint, unit tests, notebooks at smoke scale, the book."""

import os
import subprocess
import sys

from tools.stamp import ROOT

PYTEST = ["pytest", "tests", "notebooks", "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300"]
STEPS = [
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
    [*PYTEST, "-n", "2", "--dist", "loadfile"],
]


def main() -> int:
    # One thread for each of two workers: two pools of threads on the same cores would wait for one another.
    environment = os.environ | {"GANCOURSE_SCALE": "smoke", "OMP_NUM_THREADS": "1"}
    for step in STEPS:
        print("$", *step, flush=True)
        failed = subprocess.run([sys.executable, "-m", *step], cwd=ROOT, env=environment).returncode
        if failed:
            return failed
    return 0


if __name__ == "__main__":
    sys.exit(main())
