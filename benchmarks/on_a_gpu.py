"""All that only a GPU can show, in one command.

    python -m benchmarks.on_a_gpu [--out FOLDER]

Recorded rounds beside rounds as they stand, in each precision (tests); a round of every core game beside the textbook's
loop and the roofline, at both scales; what each part of the engine is worth; seconds until the judge of digits is
content; and whether numbers of half the size cost quality. Goes on after a step that fails, and ends with 1 then.
Tables and logs go to FOLDER (default: here).
"""

import argparse
import subprocess
import sys
from pathlib import Path

import torch

HERE = Path(__file__).parent
STEPS = {
    "tests": "pytest -q -rs tests/test_recorded.py tests/test_precision.py",
    "train_step-laptop": "benchmarks.train_step --scale laptop --out {}.json",
    "train_step-paper": "benchmarks.train_step --scale paper --out {}.json",
    "one_by_one-paper": "benchmarks.one_by_one --scale paper --out {}.json",
    "time_to_quality": "benchmarks.time_to_quality --out {}.json",
    "precision": "experiments.precision",
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE, metavar="FOLDER")
    out = parser.parse_args(arguments).out.resolve()
    if not torch.cuda.is_available():
        print("There is no GPU that torch could use here.")
        return 1
    out.mkdir(parents=True, exist_ok=True)
    print(torch.cuda.get_device_name(), torch.__version__)
    failed = [name for name, step in STEPS.items() if not done(step.format(out / f"{name}-cuda"), out / f"{name}.log")]
    print("All steps were done." if not failed else f"These failed: {', '.join(failed)}")
    return int(bool(failed))


def done(step: str, log: Path) -> bool:
    """Do a step in a process of its own, with its words on the screen and in `log`."""
    print(f"--- python -m {step}", flush=True)
    answer = subprocess.run(
        [sys.executable, "-m", *step.split()], cwd=HERE.parent, text=True, capture_output=True, check=False
    )
    log.write_text(answer.stdout + answer.stderr, "utf-8")
    print(answer.stdout[-4000:], answer.stderr[-2000:] if answer.returncode else "", sep="\n", flush=True)
    return answer.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
