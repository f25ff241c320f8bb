"""Batches of pairs from files: decoded one after another, decoded ahead by threads, or kept decoded.

    python -m benchmarks.decoding [--rounds N] [--repeats N] [--out FILE.json]

The pictures are the real facades if GANCOURSE_DATA or the cache has them, else houses of the street saved as JPEG:
256 px, resized to 286, cropped to 256 and flipped, one pair a batch as in the paper. "one thread" is what a DataLoader
without workers does; "ahead" is `FolderBatches`; "resident" is `PairBatches` over uint8 tensors. Each is timed in turn:
alone, and beside a device that is busy for some milliseconds every round (a sleep: the processor is free meanwhile),
where what counts is how long the device then has to wait for its batch. A ratio above 1 means faster than one thread.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from datetime import date
from itertools import count
from pathlib import Path

import torch
from PIL import Image

from gancourse.data.digits import NotHere
from gancourse.data.downloads import find
from gancourse.data.folders import THREADS, FolderBatches, PairedFolder, read_pair
from gancourse.data.pairs import street_pairs
from gancourse.files import written
from gancourse.plots import table
from tools import stamp

RESULTS = Path(__file__).with_suffix(".json")
BUSY = (10, 30)  # milliseconds a round: about a large GPU, and a free one, for pix2pix at 256 px with batch 1
CROP = 256


class OneThread(FolderBatches):
    """The same batches, decoded when they are asked for."""

    def at(self, round):
        (chosen,) = super(FolderBatches, self).at(round)
        pairs = [read_pair(self.folder.files[i], self.folder.direction, self.folder.size) for i in chosen.tolist()]
        return self.jittered(torch.stack(pairs), round)


def pictures(temporary: Path, n: int = 60) -> Path:
    """The folder of the real facades, or of n houses drawn into a temporary one."""
    try:
        return find("facades", download=False)
    except NotHere:
        houses = street_pairs(n, CROP, x="photo", y="labels")
        (temporary / "street" / "train").mkdir(parents=True)
        for i, (a, b) in enumerate(zip(houses.x, houses.y, strict=True), 1):
            both = Image.fromarray(torch.cat([a, b], dim=2).permute(1, 2, 0).numpy())
            both.save(temporary / "street" / "train" / f"{i}.jpg", quality=95)
        return temporary / "street"


def waits(batches, first: int, rounds: int, busy: float) -> float:
    """Milliseconds a round spent waiting for batches, with `busy` milliseconds of something else in between."""
    waited = 0.0
    for round in range(first, first + rounds):
        start = time.perf_counter()
        batches.at(round)
        waited += time.perf_counter() - start
        time.sleep(busy / 1000)
    return 1000 * waited / rounds


def measure(ways: dict, rounds: int, repeats: int) -> dict[str, dict[str, list[float]]]:
    """For each case and way, (repeats) values of milliseconds a round, timed in turn."""
    cases = {"alone": 0} | {f"beside {busy} ms": busy for busy in BUSY}
    times = {case: {way: [] for way in ways} for case in cases}
    first = count(0, rounds)
    for i in range(repeats + 1):
        for case, busy in cases.items():
            start = next(first)
            for way, batches in ways.items():
                batches.at(start)  # the threads set out
                value = waits(batches, start + 1, rounds - 1, busy)
                if i:  # the first is to warm up
                    times[case][way].append(value)
    return times


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder, jitter = pictures(Path(temporary)), {"crop": CROP, "flip": True}
        files, start = PairedFolder(folder, memory=0), time.perf_counter()
        kept = PairedFolder(folder)
        once = time.perf_counter() - start
        ways = {
            "one thread": OneThread(files, 1, **jitter),
            "ahead": files.batches(1, **jitter),
            "resident": kept.batches(1, **jitter),
        }
        assert all(
            torch.equal(a, b) for way in ways for a, b in zip(ways[way].at(5), ways["resident"].at(5), strict=True)
        )
        times = measure(ways, args.rounds, args.repeats)
    medians = {case: {way: statistics.median(values) for way, values in some.items()} for case, some in times.items()}
    ratios = {case: {w: some["one thread"] / some[w] for w in ("ahead", "resident")} for case, some in medians.items()}
    print(table({c: {f"{w} (ms)": v for w, v in some.items()} for c, some in medians.items()}, digits=2))
    print(table({c: {f"one thread / {w}": v for w, v in some.items()} for c, some in ratios.items()}, digits=2))
    result = {
        "data": folder.name, "pairs": len(files), "batch": 1, "rounds": args.rounds, "repeats": args.repeats,
        "threads": THREADS, "cores": os.cpu_count(), "seconds to decode all once": once, "milliseconds": times,
        "medians": medians, "one thread over": ratios,
        "library": stamp.library_hashes([f"gancourse/data/{name}.py" for name in ("batches", "folders", "pairs")]),
        "hardware": stamp.hardware(), "versions": stamp.versions(), "date": date.today().isoformat(),
    }  # fmt: skip
    with written(args.out) as partial:
        partial.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
