"""`export`: a trained generator as an ONNX file."""

import argparse
from pathlib import Path

from torch import nn

from gancourse import checkpoint, export, generators
from gancourse.cli.digits import GAMES
from gancourse.cli.translate import played_alone, settings


def run_export(args: argparse.Namespace) -> None:
    """Export, compare with torch, write."""
    export.expect_name(args.out)
    export.expect_packages()
    file = generators.found(args.checkpoint, args.direction)
    about = settings(file)
    G = loaded(file, about, args.direction)
    alone = played_alone(about) if args.batch_statistics is None else args.batch_statistics
    gap = export.to_onnx(G, args.out, batch_statistics=alone)
    print(f"Wrote {args.out}\n  {export.described(G)}")
    print(f"The largest difference between onnxruntime's answers and torch's is {gap:.2g}.")


def loaded(file: Path, about: dict, direction: str | None) -> nn.Module:
    """The generator in a file: from noise if the settings are of such a game, else from pictures."""
    if about.get("game") not in GAMES:
        return generators.load(file, direction=direction)
    generators.expect_direction(file, direction, None)
    if "players" not in about:
        raise ValueError(f"{file} was not written by train {about['game']}: use gancourse.export.to_onnx in Python")
    game = GAMES[about["game"]](about["players"])
    checkpoint.load(game, file)
    return game.averaged("G")
