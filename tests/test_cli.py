"""The command line: what it writes, and one line with exit code 2 for each mistake."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from gancourse import checkpoint, recipes
from gancourse.__main__ import main
from gancourse.cli import digits
from tests.cut_off import same_game


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A GAN and a cGAN trained at smoke scale."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANCOURSE_SCALE", "smoke")
        for game in ("gan", "cgan"):
            arguments = ["--data", "digits", "--rounds", "3", "--seed", "5", "--out", str(folder / game)]
            assert main(["train", game, *arguments]) == 0
    return folder


def test_train_writes_samples_losses_metrics_and_the_game(runs):
    for game in ("gan", "cgan"):
        folder = runs / game
        assert sorted(p.name for p in folder.iterdir()) == ["game.pt", "losses.png", "metrics.json", "samples.png"]
        said = json.loads((folder / "metrics.json").read_text("utf-8"))
        assert said["rounds"] == 3 and said["seed"] == 5 and said["data"] == "digits" and said["scale"] == "smoke"
        assert {"samples", "real", "blurred"} <= set(said) and 0 <= said["samples"]["confidence"] <= 1
        assert Image.open(folder / "samples.png").size == (
            2 * (10 * 30 + 2),
            2 * (10 * 30 + 2),
        )  # 10 x 10, twice as large
    assert "accuracy" in said["samples"]


def test_the_rounds_and_the_seed_of_the_command_line_reach_the_game_the_order_and_the_noise(tmp_path, monkeypatch):
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    played, plain = [], digits.train
    monkeypatch.setattr(digits, "train", lambda *how, **more: played.append((how, more)) or plain(*how, **more))
    monkeypatch.setattr(digits, "write_metrics", lambda *how: None)
    for name, seed in (("a", "7"), ("b", "8"), ("c", "7")):
        command = ["train", "gan", "--data", "digits", "--rounds", "2", "--seed", seed, "--out", str(tmp_path / name)]
        assert main(command) == 0
    (_, batches, rounds), more = played[0]
    assert rounds == 2 and more == {"seed": 7} and batches.seed == 7
    assert same_game(tmp_path / "a", tmp_path / "c") and not same_game(tmp_path / "a", tmp_path / "b")


def test_sample_writes_pictures_and_numbers(runs, tmp_path):
    assert main(["sample", str(runs / "gan"), "--n", "7", "--out", str(tmp_path / "a.png")]) == 0
    assert Image.open(tmp_path / "a.png").width > 28 * 7
    for seed in ("1", "1", "2"):
        out = tmp_path / f"{len(list(tmp_path.glob('*.npy')))}.npy"
        command = ["sample", str(runs / "cgan" / "game.pt"), "--label", "7", "--n", "5", "--seed", seed]
        assert main([*command, "--out", str(out)]) == 0
    one, again, other = [np.load(tmp_path / f"{i}.npy") for i in range(3)]
    assert one.shape == (5, 1, 28, 28) and one.dtype == np.float32 and abs(one).max() <= 1
    assert np.array_equal(one, again) and not np.array_equal(one, other)


def test_a_run_that_was_cut_off_before_it_was_judged_is_judged(runs, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    (tmp_path / "game.pt").write_bytes((runs / "cgan" / "game.pt").read_bytes())
    assert main(["train", "cgan", "--data", "digits", "--out", str(tmp_path)]) == 0
    assert "not judged yet" in capsys.readouterr().out
    mended, whole = [json.loads((d / "metrics.json").read_text("utf-8")) for d in (tmp_path, runs / "cgan")]
    assert mended["samples"] == whole["samples"] and mended["rounds"] == 3


def offline(*args, **kwargs):
    raise OSError("Network is unreachable")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("train gan --data imagenet --out x", "'imagenet'.*mnist"),
        ("train vae --out x", "'vae'"),
        ("train gan --scale huge --out x", "'huge'"),
        ("train gan --rounds 0 --out x", "'0'.*at least 1"),
        ("train gan", "--out"),
        ("train gan --data digits --out FILE/run", "cannot write .*FILE/run.*another folder"),
        ("train gan --data digits --out RUNS/gan", "already holds a trained game"),
        ("sample RUNS/none --out x.png", "no checkpoint .*none"),
        ("sample FILE --out x.png", "FILE is no checkpoint"),
        ("sample RUNS/gan --n 0 --out x.png", "'0'.*at least 1"),
        ("sample RUNS/gan --n -3 --out x.png", "'-3'"),
        ("sample RUNS/gan --n 99999999999 --out x.png", "more than 100,000"),
        ("train gan --seed 99999999999999999999 --out x", "smaller number"),
        ("sample BY_HAND --out x.png", "BY_HAND was not written by this command"),
        ("sample ANSWERS --out x.png", "ANSWERS is a pix2pix.*python -m gancourse translate .*ANSWERS --in"),
        ("sample OTHERS --out x.png", "OTHERS is a checkpoint of other players"),
        ("train gan --data fashion --out x", "fashion|FashionMNIST|ubyte"),
        ("sample RUNS/gan --n many --out x.png", "'many'"),
        ("sample RUNS/cgan --label 10 --out x.png", "--label 10.*0 to 9"),
        ("sample RUNS/gan --label 3 --out x.png", "takes no label"),
        ("sample RUNS/gan --out x.gif", "x.gif.*.png or .npy"),
        ("sample RUNS/gan --out FILE/x.png", "cannot write .*x.png"),
        ("", "required|train"),
    ],
)
def test_mistakes_end_with_code_2_and_one_line(runs, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    monkeypatch.setattr("gancourse.data.digits.download_url", offline)
    monkeypatch.delenv("GANCOURSE_DATA", raising=False)
    (tmp_path / "FILE").write_text("not a checkpoint")
    checkpoint.save(recipes.gan("mlp"), tmp_path / "BY_HAND")
    checkpoint.save(recipes.gan("mlp"), tmp_path / "OTHERS", {"game": "gan", "players": "conv"})
    checkpoint.save(recipes.gan("mlp"), tmp_path / "ANSWERS", {"game": "pix2pix"})
    places = {"RUNS": runs} | {name: tmp_path / name for name in ("FILE", "BY_HAND", "OTHERS", "ANSWERS")}
    for name, place in places.items():
        arguments = arguments.replace(name, str(place))
    arguments = arguments.split()
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = stop.code
    said = capsys.readouterr().err.strip()
    assert code == 2 and said.count("\n") == 0 and "Traceback" not in said
    assert re.search(message, said), said
    left = sorted(p for p in tmp_path.rglob("*") if p.is_file())
    assert [p.name for p in left] == ["ANSWERS", "BY_HAND", "FILE", "OTHERS"]


def test_help_shows_examples():
    for arguments in ([], ["train"], ["sample"]):
        command = [sys.executable, "-m", "gancourse", *arguments, "--help"]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert "examples:" in shown and "python -m gancourse sample runs/gan" in shown


def test_an_interruption_is_one_line(monkeypatch, capsys):
    def interrupted(args):
        raise KeyboardInterrupt

    monkeypatch.setattr("gancourse.__main__.run_sample", interrupted)
    assert main(["sample", "x", "--out", "x.png"]) == 130
    assert capsys.readouterr().err.strip() == "python -m gancourse: interrupted"
