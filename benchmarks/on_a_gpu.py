"""All that only a GPU can show, in one command.

    python -m benchmarks.on_a_gpu [--out FOLDER] [--rehearse]

Recorded rounds beside rounds as they stand, in each precision (tests); a round of every core game beside the textbook's
loop and the roofline, at both scales; what each part of the engine is worth; seconds until the judge of digits is
content; and whether numbers of half the size cost quality. Goes on after a step that fails, and ends with 1 then.
Tables and logs go to FOLDER (default: here). `--rehearse` does each step at smoke scale on whatever device there is.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import torch

from gancourse.scale import SCALES, device

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
    parser.add_argument("--rehearse", action="store_true", help="at smoke scale, with a GPU or without")
    args = parser.parse_args(arguments)
    out, kind = args.out.resolve(), device().type
    if kind != "cuda" and not args.rehearse:
        print("There is no GPU that torch could use here. --rehearse does each step at smoke scale without one.")
        return 1
    out.mkdir(parents=True, exist_ok=True)
    print(torch.cuda.get_device_name() if kind == "cuda" else kind, torch.__version__)
    steps = {name: [word.format(out / f"{name}-{kind}") for word in step.split()] for name, step in STEPS.items()}
    os.environ.pop("GANCOURSE_SCALE", None)  # results of a processor would be taken for the GPU's
    if args.rehearse:
        os.environ["GANCOURSE_SCALE"] = "smoke"
        steps = {name: ["smoke" if word in SCALES else word for word in step] for name, step in steps.items()}
    failed = [name for name, step in steps.items() if not done(step, out / f"{name}.log")]
    print("All steps were done." if not failed else f"These failed: {', '.join(failed)}")
    return int(bool(failed))


def done(step: list[str], log: Path) -> bool:
    """Do a step in a process of its own, with its words on the screen and in `log`."""
    print("--- python -m", *step, flush=True)
    answer = subprocess.run([sys.executable, "-m", *step], cwd=HERE.parent, text=True, capture_output=True, check=False)
    log.write_text(answer.stdout + answer.stderr, "utf-8")
    print(answer.stdout[-4000:], answer.stderr[-2000:] if answer.returncode else "", sep="\n", flush=True)
    return answer.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
