"""The command line: what it writes, and one line with exit code 2 for each mistake."""

import json
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from gancourse import checkpoint, keeping, recipes
from gancourse.__main__ import main
from gancourse.cli import digits
from gancourse.cli import runs as cli_runs
from gancourse.data.digits import ImageSet
from gancourse.games.gan import GAN
from tests.commands import losses_of, noted, refused, seen
from tests.cut_off import Broken, same_game

WRITTEN = ["game.pt", "losses.jsonl", "losses.png", "metrics.json", "samples.png"]


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
        assert seen(folder) == WRITTEN
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
    played = noted(monkeypatch, cli_runs, "train")
    monkeypatch.setattr(digits, "finish", lambda *how: None)
    for name, seed in (("a", "7"), ("b", "8"), ("c", "7")):
        command = ["train", "gan", "--data", "digits", "--rounds", "2", "--seed", seed, "--out", str(tmp_path / name)]
        assert main(command) == 0
    (_, batches, rounds), more = played[0]
    assert rounds == 2 and more["seed"] == 7 and batches.seed == 7
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
    assert "holds a run whose 3 rounds are played: it is judged now" in capsys.readouterr().out
    mended, whole = [json.loads((d / "metrics.json").read_text("utf-8")) for d in (tmp_path, runs / "cgan")]
    assert mended["samples"] == whole["samples"] and mended["rounds"] == 3


def trained(folder, *arguments: str) -> int:
    return main(["train", "gan", "--data", "digits", "--players", "mlp", "--out", str(folder), *arguments])


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    monkeypatch.setattr(digits, "finish", lambda game, real, test, keeper: judged(game, keeper))


def judged(game, keeper) -> None:
    (keeper.folder / "metrics.json").write_text(json.dumps(cli_runs.figures(game, keeper)), "utf-8")


def test_a_run_of_digits_goes_on_after_ctrl_c_as_if_nothing_had_been(tmp_path, monkeypatch, capsys, quick):
    assert trained(tmp_path / "whole", "--rounds", "5") == 0
    plain = ImageSet.batches
    with monkeypatch.context() as patch:
        stop = lambda: signal.raise_signal(signal.SIGINT)  # noqa: E731
        patch.setattr(ImageSet, "batches", lambda *how, **more: Broken(plain(*how, **more), stop, 2))
        assert trained(tmp_path / "cut", "--rounds", "5", "--keep-every", "0") == 130
    assert "the same command goes on from round 4" in capsys.readouterr().out.splitlines()[-1]
    assert trained(tmp_path / "cut") == 0
    assert "cut holds a run: going on from round 4" in capsys.readouterr().out
    assert same_game(tmp_path / "whole", tmp_path / "cut")
    assert losses_of(tmp_path / "whole") == losses_of(tmp_path / "cut")
    assert seen(tmp_path / "cut") == sorted([*WRITTEN, "game.before.pt"])
    before = (tmp_path / "cut" / "game.pt").read_bytes()
    for more in ([], ["--rounds", "4"], ["--seed", "0"]):
        assert trained(tmp_path / "cut", *more) == 0
        assert "cut holds a finished run of 5 rounds. To go on with it, ask for more" in capsys.readouterr().out
    assert (tmp_path / "cut" / "game.pt").read_bytes() == before
    assert trained(tmp_path / "cut", "--rounds", "6") == 0
    assert "planned" not in capsys.readouterr().out and len(losses_of(tmp_path / "cut")["D"]) == 6


def test_minutes_in_place_of_rounds(tmp_path, capsys, quick):
    assert trained(tmp_path, "--minutes", "0.01") == 0
    figures = json.loads((tmp_path / "metrics.json").read_text("utf-8"))
    assert figures["planned_minutes"] == 0.01 <= figures["minutes"] < 0.2 and "seconds" in capsys.readouterr().out
    assert trained(tmp_path) == 0 and "To go on with it, ask for more --minutes" in capsys.readouterr().out
    assert trained(tmp_path, "--minutes", "0.02") == 0
    again = json.loads((tmp_path / "metrics.json").read_text("utf-8"))
    assert again["rounds"] > figures["rounds"] == again["rounds"] - len(losses_of(tmp_path)["D"]) + figures["rounds"]
    assert trained(tmp_path, "--rounds", str(again["rounds"] + 1)) == 0
    assert json.loads((tmp_path / "metrics.json").read_text("utf-8"))["rounds"] == again["rounds"] + 1


def test_the_precision_of_a_run_is_kept_where_none_is_asked_for(tmp_path, monkeypatch, capsys, quick):
    assert trained(tmp_path, "--rounds", "1", "--precision", "bf16") == 0
    asked = noted(monkeypatch, cli_runs, "train")
    assert trained(tmp_path, "--rounds", "2") == 0 and trained(tmp_path, "--rounds", "3", "--precision", "fp32") == 0
    assert [more["precision"] for _, more in asked] == ["bf16", "fp32"]
    said = capsys.readouterr().out
    assert "Another precision (bf16 before, fp32 now)" in said and "The players compute in bf16." in said
    assert json.loads((tmp_path / "metrics.json").read_text("utf-8"))["precision"] == "fp32"


def test_checkpoints_come_as_often_as_asked(tmp_path, monkeypatch, quick):
    kept = noted(monkeypatch, digits, "write_pictures")
    assert trained(tmp_path / "a", "--rounds", "4") == 0 and len(kept) == 1
    assert trained(tmp_path / "b", "--rounds", "4", "--keep-every", "0") == 0 and len(kept) == 5


def test_no_room_in_memory_is_one_line(tmp_path, monkeypatch, capsys, quick):
    monkeypatch.setattr(GAN, "round", lambda game, x: torch.empty(2**50))
    said = refused(f"train gan --data digits --players mlp --rounds 2 --out {tmp_path / 'x'}", capsys)
    assert "no room for a round with a batch of 64" in said and "fewer pictures" in said


def test_two_runs_in_one_folder_is_one_line(tmp_path, capsys, quick):
    with keeping.alone(tmp_path):
        said = refused(f"train gan --data digits --rounds 2 --out {tmp_path}", capsys)
    assert "another run is at work" in said


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
        ("train gan --data digits --out FILE", "FILE is no folder: name another one"),
        ("train gan --data fashion --out none/../one/two", "fashion|FashionMNIST|ubyte"),
        ("train gan --data digits --out FILE/run", "cannot write .*FILE/run.*another folder"),
        ("train gan --data digits --seed 4 --out RUNS/gan", "gan holds a run with seed 5, not 4"),
        ("train gan --players mlp --out RUNS/gan", "gan holds a run with players conv, not mlp"),
        ("train gan --out RUNS/cgan", "cgan holds a run with game cgan, not gan"),
        ("train gan --rounds 3 --minutes 1 --out x", "--minutes: not allowed with argument --rounds"),
        ("train gan --minutes 0 --out x", "0 is no time to play"),
        ("train gan --minutes soon --out x", "'soon' is not a number of minutes"),
        ("train gan --keep-every -1 --out x", "'-1' is not a number of minutes"),
        ("train gan --precision fp8 --out x", "'fp8'.*fp32.*bf16.*fp16"),
        ("train gan --precision fp16 --out x", "fp16 needs a GPU of NVIDIA, and this is cpu: choose fp32 or bf16"),
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
    said = refused(arguments, capsys)
    assert "Traceback" not in said and re.search(message, said), said
    left = sorted(tmp_path.rglob("*"))
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
