"""`train pix2pix` and `translate`: what they write, how a run goes on, and one line for each mistake."""

import json
import re
import signal

import numpy as np
import pytest
import torch
from PIL import Image

from gancourse import checkpoint, generators, recipes
from gancourse.__main__ import main
from gancourse.cli import pix2pix, runs
from gancourse.cli.translate import output_names
from gancourse.data.pairs import street_pairs
from gancourse.games.pix2pix import Pix2Pix
from gancourse.networks.patchgan import PatchGAN
from gancourse.networks.unet import UNet
from gancourse.schedules import linear_decay
from tests.commands import losses_of, noted, refused, seen
from tests.cut_off import Broken, crash, same_game

WRITTEN = ["game.pt", "latest_net_G.pth", "losses.jsonl", "losses.png", "metrics.json", "samples.png"]


def narrow(size: int = 64, rounds: int | None = None) -> Pix2Pix:
    """The recipe with few channels, so that the tests are quick."""
    rounds = rounds or recipes.pix2pix_rounds()
    return Pix2Pix(UNet(base=2, downs=6), PatchGAN(base=2, layers=1), schedule=linear_decay(rounds // 2, rounds // 2))


def few(direction: str = "BtoA", size: int = 64):
    """Some of the houses of the recipe."""
    x, y = ("photo", "labels") if direction == "AtoB" else ("labels", "photo")
    return tuple(street_pairs(n, size, part, x=x, y=y) for n, part in ((5, "train"), (2, "test")))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    monkeypatch.setattr(recipes, "pix2pix", narrow)
    monkeypatch.setattr(recipes, "pix2pix_streets", few)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of the street at smoke scale, with the recipe's own networks."""
    folder = tmp_path_factory.mktemp("runs") / "street"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANCOURSE_SCALE", "smoke")
        assert main(["train", "pix2pix", "--seed", "3", "--out", str(folder)]) == 0
    return folder


def trained(folder, *arguments: str) -> int:
    return main(["train", "pix2pix", "--out", str(folder), *arguments])


def test_train_writes_game_weights_samples_losses_and_metrics(run):
    assert seen(run) == WRITTEN
    state = checkpoint.read(run / "game.pt")
    said = {"game": "pix2pix", "data": "street", "direction": "BtoA", "size": 64, "seed": 3, "rounds": 4}
    assert said.items() <= state["about"].items() and state["about"]["scale"] == "smoke" and state["played"] == 4
    figures = json.loads((run / "metrics.json").read_text("utf-8"))
    assert said.items() <= figures.items() and figures["held_out"] == 4 and 0 < figures["answers"]["l1"] < 1
    assert Image.open(run / "samples.png").size == (3 * (3 * 66 + 2), 3 * (4 * 66 + 2))  # 3 x 4, three times as large
    losses = losses_of(run)
    assert set(losses) == {"D", "G"} and len(losses["G"]) == 4
    x = street_pairs(1, 64).floats()[0]
    ours, official = [generators.load(run / name)(x) for name in ("game.pt", "latest_net_G.pth")]
    assert torch.equal(ours, official)


@pytest.mark.parametrize("direction", ["BtoA", "AtoB"])
def test_facades_are_trained_on_larger_and_judged_whole(tmp_path, monkeypatch, direction):
    houses = street_pairs(56, 64, x="photo", y="labels")
    (tmp_path / "data" / "facades" / "train").mkdir(parents=True)
    for i, (photo, labels) in enumerate(zip(houses.x, houses.y.clamp(max=254), strict=True)):
        both = Image.fromarray(torch.cat([photo, labels], dim=2).permute(1, 2, 0).numpy())
        both.save(tmp_path / "data" / "facades" / "train" / f"{i}.png")
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GANCOURSE_CACHE", str(tmp_path / "cache"))
    assert trained(tmp_path / "run", "--data", "facades", "--direction", direction, "--rounds", "1") == 0
    answers = json.loads((tmp_path / "run" / "metrics.json").read_text("utf-8"))["answers"]
    asked = {"iou", "kernel", "iou of real", "kernel of real"} if direction == "BtoA" else {"iou", "class"}
    assert asked < set(answers)


def test_a_run_goes_on_after_ctrl_c_and_after_a_crash_as_if_nothing_had_been(tmp_path, monkeypatch, capsys):
    assert trained(tmp_path / "whole") == 0
    plain = recipes.pix2pix_batches
    for name, happen in (("ctrl-c", lambda: signal.raise_signal(signal.SIGINT)), ("crash", crash)):
        with monkeypatch.context() as patch:
            patch.setattr(recipes, "pix2pix_batches", lambda *how, happen=happen: Broken(plain(*how), happen, 2))
            patch.setattr(pix2pix, "draw", lambda *how: None)
            if name == "crash":
                with pytest.raises(RuntimeError, match="power failure"):
                    trained(tmp_path / name, "--keep-every", "0")
            else:
                assert trained(tmp_path / name, "--keep-every", "0") == 130
                assert "the same command goes on from round 4" in capsys.readouterr().out.splitlines()[-1]
        assert checkpoint.read(tmp_path / name / "game.pt")["played"] == (2 if name == "crash" else 3)
        assert not (tmp_path / name / "metrics.json").exists()
        capsys.readouterr()
        assert trained(tmp_path / name) == 0
        goes_on = f"{name} holds a run: going on from round {4 if name == 'ctrl-c' else 3}."
        assert goes_on in (said := capsys.readouterr().out) and "was planned for" not in said
        assert same_game(tmp_path / "whole", tmp_path / name)
        assert losses_of(tmp_path / "whole") == losses_of(tmp_path / name)
        l1 = [json.loads((tmp_path / f / "metrics.json").read_text())["answers"] for f in ("whole", name)]
        assert l1[0] == l1[1] and seen(tmp_path / name) == sorted([*WRITTEN, "game.before.pt"])


def test_a_finished_run_is_left_alone_judged_if_it_was_not_and_goes_on_if_asked(tmp_path, capsys):
    assert trained(tmp_path / "a") == 0
    before = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in (tmp_path / "a").iterdir()}
    for more in ([], ["--rounds", "2"], ["--data", "street", "--size", "64", "--scale", "smoke", "--seed", "0"]):
        assert trained(tmp_path / "a", *more) == 0
        assert "holds a finished run of 4 rounds" in capsys.readouterr().out
    assert before == {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in (tmp_path / "a").iterdir()}
    for name in WRITTEN[1:]:
        (tmp_path / "a" / name).unlink()
    assert trained(tmp_path / "a") == 0
    assert "holds a run whose 4 rounds are played: it is judged now" in capsys.readouterr().out
    assert seen(tmp_path / "a") == [name for name in WRITTEN if name != "losses.jsonl"]
    assert trained(tmp_path / "a", "--rounds", "6") == 0
    said = capsys.readouterr().out
    assert "The run was planned for 4 rounds" in said and "going on from round 5." in said
    assert json.loads((tmp_path / "a" / "metrics.json").read_text())["rounds"] == 6
    assert len(losses_of(tmp_path / "a")["D"]) == 2  # of those before, none are left


def test_a_run_that_is_asked_for_fewer_rounds_than_it_was_planned_for_says_so(tmp_path, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        plain = recipes.pix2pix_batches
        stop = lambda: signal.raise_signal(signal.SIGINT)  # noqa: E731
        patch.setattr(recipes, "pix2pix_batches", lambda *how: Broken(plain(*how), stop, 2))
        assert trained(tmp_path, "--rounds", "8") == 130
    capsys.readouterr()
    assert trained(tmp_path, "--rounds", "2") == 0
    said = capsys.readouterr().out
    assert "holds a run of 3 rounds, more than the 2 asked for: it is judged now" in said
    assert "learning rate" not in said and json.loads((tmp_path / "metrics.json").read_text())["rounds"] == 3
    assert trained(tmp_path, "--rounds", "5") == 0
    said = capsys.readouterr().out
    assert "going on from round 4." in said
    assert "planned for 8 rounds. The learning rate now falls over 5 rounds" in said


def test_the_scale_of_a_run_is_kept_where_none_is_asked_for(tmp_path, monkeypatch, capsys):
    assert trained(tmp_path, "--scale", "smoke") == 0
    monkeypatch.delenv("GANCOURSE_SCALE")
    assert trained(tmp_path) == 0 and "finished run of 4 rounds" in capsys.readouterr().out
    monkeypatch.setenv("GANCOURSE_SCALE", "laptop")
    assert trained(tmp_path) == 2 and "with scale smoke, not laptop" in capsys.readouterr().err


@pytest.mark.parametrize(("direction", "first"), [("AtoB", "photo"), ("BtoA", "labels")])
def test_the_street_runs_both_ways(direction, first, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    pairs, held_out = recipes.pix2pix_streets(direction)
    assert torch.equal(pairs.x[:2], street_pairs(2, 64, x=first, y=first).x)
    assert torch.equal(held_out.x[:1], street_pairs(1, 64, "test", x=first, y=first).x)


def aligned(folder, n: int) -> None:
    """Pairs side by side: A black, B white."""
    folder.mkdir(parents=True)
    for i in range(n):
        picture = Image.new("RGB", (96, 48), "white")
        picture.paste((i, i, i), (0, 0, 48, 48))
        picture.save(folder / f"{i}.png")


def test_a_folder_with_and_without_parts(tmp_path, monkeypatch, capsys):
    aligned(tmp_path / "parts" / "train", 3)
    aligned(tmp_path / "parts" / "val", 2)
    aligned(tmp_path / "plain", 11)
    monkeypatch.chdir(tmp_path)
    for name, pairs, held_out in (("parts", 3, 2), ("plain", 9, 2)):
        assert trained(tmp_path / f"run_{name}", "--data", name, "--rounds", "1") == 0
        figures = json.loads((tmp_path / f"run_{name}" / "metrics.json").read_text())
        assert figures["data"] == str(tmp_path / name) and figures["direction"] == "AtoB" and figures["size"] == 64
        assert figures["pairs"] == pairs and figures["held_out"] == held_out
        shown = np.array(Image.open(tmp_path / f"run_{name}" / "samples.png"))
        assert shown[60, 60].max() < 20 and shown[60, 460].min() == 255  # input left, answer right
    assert "the last 2 of its 11 pairs are held out" in capsys.readouterr().out
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "plain").rename(tmp_path / "elsewhere" / "plain")  # a folder may move, but must hold the same
    assert trained(tmp_path / "run_plain", "--data", "elsewhere/plain", "--rounds", "2") == 0
    (tmp_path / "elsewhere" / "plain" / "0.png").unlink()
    assert trained(tmp_path / "run_plain", "--data", "elsewhere/plain", "--rounds", "3") == 2
    assert "with held_out 2, not 1" in capsys.readouterr().err


def test_a_run_does_not_go_on_with_other_pictures_of_the_same_number(tmp_path, capsys):
    aligned(tmp_path / "a" / "mine", 11)
    aligned(tmp_path / "b" / "mine", 11)  # the same pictures in another place
    aligned(tmp_path / "c" / "mine", 11)
    (tmp_path / "c" / "mine" / "0.png").rename(tmp_path / "c" / "mine" / "11.png")
    out = tmp_path / "a" / "mine" / "run"  # what a run writes does not count
    assert trained(out, "--data", str(tmp_path / "a" / "mine"), "--rounds", "1") == 0
    for rounds, place in (("2", "a"), ("3", "b")):
        assert trained(out, "--data", str(tmp_path / place / "mine"), "--rounds", rounds) == 0
    before = (out / "game.pt").read_bytes()
    capsys.readouterr()
    assert trained(out, "--data", str(tmp_path / "c" / "mine"), "--rounds", "4") == 2
    said = capsys.readouterr().err
    assert f"{out} holds a run with other pictures than {tmp_path / 'c' / 'mine'} has now" in said
    assert "another folder for --out" in said and (out / "game.pt").read_bytes() == before
    state = torch.load(out / "game.pt", weights_only=True)
    about = json.loads(state["about"])
    assert len(about.pop("fingerprint")) == 16
    torch.save(state | {"about": json.dumps(about)}, out / "game.pt")  # as runs of old were
    assert trained(out, "--data", str(tmp_path / "c" / "mine"), "--rounds", "4") == 0
    assert trained(out, "--data", str(tmp_path / "a" / "mine"), "--rounds", "5") == 2  # from now on it is noted


def test_a_run_does_not_write_among_its_data(tmp_path, capsys):
    aligned(tmp_path / "mine" / "train", 3)
    aligned(tmp_path / "mine" / "val", 2)
    before = sorted(tmp_path.rglob("*"))
    for out in ("mine", "mine/train", "mine/val/../val"):
        assert trained(tmp_path / out, "--data", str(tmp_path / "mine"), "--rounds", "1") == 2
        assert f"--out {tmp_path / out} is a folder of the data" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before
    for _ in "12":
        assert trained(tmp_path / "mine" / "run", "--data", str(tmp_path / "mine"), "--rounds", "1") == 0


@pytest.mark.parametrize("content", ["[1, 2]", "3", '{"D": 3}', '{"D": ["x"]}', '{"D": [1'])
def test_losses_of_an_earlier_version_that_are_damaged_are_told_and_the_run_goes_on(tmp_path, capsys, content):
    assert trained(tmp_path, "--rounds", "1") == 0
    (tmp_path / "losses.jsonl").unlink()
    (tmp_path / "losses.json").write_text(content)
    capsys.readouterr()
    assert trained(tmp_path, "--rounds", "2") == 0
    assert f"{tmp_path / 'losses.json'} is damaged: the run goes on, but the losses" in capsys.readouterr().out
    assert len(losses_of(tmp_path)["D"]) == 1


def test_losses_of_an_earlier_version_are_taken_over(tmp_path):
    assert trained(tmp_path, "--rounds", "3") == 0
    before = losses_of(tmp_path)
    (tmp_path / "losses.jsonl").unlink()
    later = {player: [*values, 0.5] for player, values in before.items()}  # cut off between losses and game
    (tmp_path / "losses.json").write_text(json.dumps(later))
    assert trained(tmp_path, "--rounds", "4") == 0 and not (tmp_path / "losses.json").exists()
    assert {player: values[:3] for player, values in losses_of(tmp_path).items()} == before
    assert [len(values) for values in losses_of(tmp_path).values()] == [4, 4] and losses_of(tmp_path)["D"][3] != 0.5


def test_the_rate_falls_over_the_minutes_that_are_asked_for(tmp_path, monkeypatch, capsys):
    asked = noted(monkeypatch, runs, "train")
    assert trained(tmp_path, "--rounds", "2") == 0 and trained(tmp_path, "--minutes", "0.05") == 0
    assert "planned for 2 rounds. The learning rate now falls over 0.05 minutes" in capsys.readouterr().out
    game = asked[1][0][0]
    assert [game.schedule(0, share) for share in (0, 0.5, 0.75, 1)] == [1, 1, 0.5, 0] and game.played > 2
    figures = json.loads((tmp_path / "metrics.json").read_text("utf-8"))
    assert figures["minutes"] >= figures["planned_minutes"] == 0.05


def test_a_damaged_checkpoint_is_set_aside_and_told_once(tmp_path, capsys):
    assert trained(tmp_path, "--rounds", "2", "--keep-every", "0") == 0
    (tmp_path / "game.pt").write_bytes(b"?")
    capsys.readouterr()
    assert trained(tmp_path, "--rounds", "3") == 0
    said = capsys.readouterr().out
    assert said.count("The one before it is taken, of round 1") == 1 and "going on from round 2." in said
    assert (tmp_path / "game.damaged.pt").read_bytes() == b"?"


def test_the_recipe_is_asked_for_the_size_the_rounds_and_the_seed_of_the_command_line(tmp_path, monkeypatch):
    games, batches, seeds = (
        noted(monkeypatch, where, what)
        for where, what in ((recipes, "pix2pix"), (recipes, "pix2pix_batches"), (runs, "train"))
    )
    assert trained(tmp_path / "a", "--rounds", "2", "--seed", "7") == 0
    assert games == [((64, 2), {})] and batches[0][0][1:] == (64, 7) and seeds[0][1]["seed"] == 7
    assert trained(tmp_path / "b", "--rounds", "2", "--seed", "8") == 0
    assert trained(tmp_path / "c", "--rounds", "2", "--seed", "7") == 0
    assert same_game(tmp_path / "a", tmp_path / "c") and not same_game(tmp_path / "a", tmp_path / "b")


def test_the_recipe_mirrors_and_shuffles_by_its_seed_and_cuts_where_pictures_are_larger():
    pairs = street_pairs(6, 64)
    for size, crop in ((64, None), (32, 32)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(recipes.PIX2PIX, 32, recipes.PIX2PIX[64])
            got = recipes.pix2pix_batches(pairs, size, 5)
        asked = {seed: pairs.batches(len(got.at(0)[0]), crop=crop, flip=True, seed=seed) for seed in (5, 0)}
        for round in range(4):
            assert all(map(torch.equal, got.at(round), asked[5].at(round)))
        assert not torch.equal(got.at(0)[0], asked[0].at(0)[0])
        plain = pairs.batches(len(got.at(0)[0]), crop=crop, flip=False, seed=5)
        assert not all(torch.equal(got.at(round)[0], plain.at(round)[0]) for round in range(4))


def test_of_two_folders_what_is_left_out_and_what_does_not_fit_is_named(tmp_path, capsys):
    folder = tmp_path / "mine"
    for name in ("A/1.jpg", "A/2.jpg", "B/1.jpg", "B/2.jpg", "B/inside/1.jpg", "A/3.gif"):
        photo(folder / name, 90, 60)
    assert trained(tmp_path / "run", "--data", str(folder), "--rounds", "1") == 0
    line = f"Left out of {folder}: A/3.gif (no picture format read here), B/inside/ (a folder)\n"
    assert capsys.readouterr().out.count(line) == 1
    (lonely := folder / "B" / "2.jpg").rename(tmp_path / "2.jpg")
    assert trained(tmp_path / "other", "--data", str(folder)) == 2
    assert f"{folder / 'A' / '2.jpg'} has no partner in {folder / 'B'}: " in capsys.readouterr().err
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(tmp_path / "2.jpg").save(lonely, exif=exif)
    assert trained(tmp_path / "other", "--data", str(folder)) == 2
    said = capsys.readouterr().err
    assert "is 90 x 60 and" in said and "B/2.jpg is stored as 90 x 60, and its EXIF orientation turns it" in said


def photo(path, w: int = 50, h: int = 40) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(w).integers(0, 256, (h, w, 3), dtype=np.uint8)).save(path)


def test_translate_a_folder_names_and_skips_what_is_broken(run, tmp_path, capsys):
    photos = tmp_path / "photos"
    for name in ("a.jpg", "B.PNG", "c.webp", "d.bmp"):
        photo(photos / name, w=50 + len(list(tmp_path.rglob("*.*"))))
    (photos / "broken.jpg").write_text("no picture")
    (photos / "notes.txt").write_text("no picture either")
    photo(photos / "inside" / "e.png")
    before = {p: p.read_bytes() for p in photos.rglob("*") if p.is_file()}
    assert main(["translate", str(run), "--in", str(photos), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr()
    assert re.search("skipped: .*broken.jpg is no picture", said.err) and said.err.count("\n") == 1
    assert "Wrote 4 pictures" in said.out and "skipped 1" in said.out
    left_out = f"Left out of {photos}: inside/ (a folder), notes.txt (no picture format read here)\n"
    assert said.out.count(left_out) == 1
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["B.png", "a.png", "c.png", "d.png"]
    assert Image.open(tmp_path / "out" / "a.png").size == Image.open(photos / "a.jpg").size
    assert before == {p: p.read_bytes() for p in photos.rglob("*") if p.is_file()}


def test_the_first_frame_of_a_gif_is_translated_in_a_folder_too(run, tmp_path, capsys):
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    (tmp_path / "in").mkdir()
    frames[0].save(tmp_path / "in" / "a.gif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "a.png")
    assert main(["translate", str(run), "--in", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "Wrote 1 picture to " in said and "Left out" not in said
    assert main(["translate", str(run), "--in", str(tmp_path / "a.png"), "--out", str(tmp_path / "one")]) == 0
    assert (tmp_path / "out" / "a.png").read_bytes() == (tmp_path / "one" / "a.png").read_bytes()


def test_translate_at_the_size_of_the_training(run, tmp_path, capsys):
    photo(tmp_path / "in" / "large.png", 140, 97)  # learned at 64 px: 96 is not too much
    photo(tmp_path / "in" / "larger.png", 160, 100)
    photo(tmp_path / "in" / "long.png", 400, 96)
    command = ["translate", str(run), "--in", str(tmp_path / "in"), "--out"]
    assert main([*command, str(tmp_path / "plain")]) == 0
    said = capsys.readouterr().out
    assert said.count("try --size 64") == 1 and "large.png (140 x 97) and 1 more are larger than the 64 px" in said
    assert main([*command, str(tmp_path / "small"), "--size", "64"]) == 0
    assert "--size" not in capsys.readouterr().out
    sizes = {name: Image.open(tmp_path / name / "larger.png").size for name in ("plain", "small")}
    assert sizes == {"plain": (160, 100), "small": (102, 64)}
    resized = Image.open(tmp_path / "in" / "larger.png").resize((102, 64), Image.Resampling.BICUBIC)
    resized.save(tmp_path / "resized.png")
    one = ["translate", str(run), "--in", str(tmp_path / "resized.png"), "--out", str(tmp_path / "one")]
    assert main(one) == 0 and "--size" not in capsys.readouterr().out
    assert (tmp_path / "one" / "resized.png").read_bytes() == (tmp_path / "small" / "larger.png").read_bytes()
    weights = ["translate", str(run / "latest_net_G.pth"), *command[2:], str(tmp_path / "official")]
    assert main(weights) == 0 and "--size" not in capsys.readouterr().out  # official weights do not tell their size


def test_a_size_too_large_skips_the_picture_by_its_name(run, tmp_path, capsys):
    photo(tmp_path / "thin.png", 1, 9000)
    command = ["translate", str(run), "--in", str(tmp_path / "thin.png"), "--out", str(tmp_path / "out")]
    assert main([*command, "--size", "16000"]) == 1
    assert re.search("skipped: .*thin.png: .* would become .*take a smaller size", capsys.readouterr().err)


def test_a_checkpoint_saved_by_hand_translates(tmp_path):
    photo(tmp_path / "a.png")
    checkpoint.save(narrow(), tmp_path / "mine.pt")
    for name in ("mine.pt", "game.pt"):
        (tmp_path / "mine.pt").replace(tmp_path / name)
        (tmp_path / "mine.pt").write_bytes((tmp_path / name).read_bytes())
        command = ["translate", str(tmp_path / name), "--in", str(tmp_path / "a.png"), "--out", str(tmp_path / "out")]
        assert main(command) == 0


def test_translate_one_picture_by_each_kind_of_checkpoint_to_the_same_answer(run, tmp_path):
    photo(tmp_path / "a.png", 70, 30)
    shown = []
    for i, file in enumerate((run, run / "game.pt", run / "latest_net_G.pth")):
        out = tmp_path / "out" / str(i)
        assert main(["translate", str(file), "--in", str(tmp_path / "a.png"), "--out", str(out)]) == 0
        shown.append((out / "a.png").read_bytes())
    assert len(set(shown)) == 1
    for i, more in enumerate((["--dropout"], ["--dropout"], ["--dropout", "--seed", "1"], ["--batch-statistics"])):
        out = tmp_path / "more" / str(i)
        assert main(["translate", str(run), "--in", str(tmp_path / "a.png"), "--out", str(out), *more]) == 0
        shown.append((out / "a.png").read_bytes())
    assert shown[3] == shown[4] and len(set(shown)) == 4


def test_norms_answer_in_the_mode_in_which_they_were_trained(run, tmp_path, monkeypatch):
    photo(tmp_path / "a.png", 64, 64)
    more, shown = [[], [], ["--batch-statistics"], ["--no-batch-statistics"]], []
    for i, flag in enumerate(more):
        monkeypatch.setitem(recipes.PIX2PIX, 64, (6, 1, 1 if i else 4))  # batches of 4, then of 1
        out = tmp_path / "out" / str(i)
        assert main(["translate", str(run), "--in", str(tmp_path / "a.png"), "--out", str(out), *flag]) == 0
        shown.append((out / "a.png").read_bytes())
    assert shown[0] == shown[3] != shown[1] == shown[2]


def test_pictures_of_one_stem_keep_their_whole_names(tmp_path, capsys):
    named = output_names([tmp_path / name for name in ("a.jpg", "A.png", "b.jpg")])
    assert list(named.values()) == ["a.jpg.png", "A.png.png", "b.png"]
    assert "a.jpg, A.png" in capsys.readouterr().out
    with pytest.raises(ValueError, match="both be written as a.jpg.png: rename"):
        output_names([tmp_path / name for name in ("a.jpg", "a.png", "a.jpg.webp")])


def test_a_picture_too_large_for_the_memory_is_skipped(run, tmp_path, monkeypatch, capsys):
    def full(*args, **how):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 byte")

    photo(tmp_path / "a.png")
    monkeypatch.setattr("gancourse.translate.answer", full)
    assert main(["translate", str(run), "--in", str(tmp_path / "a.png"), "--out", str(tmp_path / "out")]) == 1
    assert "a.png is too large for the memory (50 x 40)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("train pix2pix", "--out"),
        ("train pix2pix --data nowhere --out x", "--data nowhere: there is no such folder.*street, facades"),
        ("train pix2pix --data EMPTY --out x", "EMPTY.*pictures"),
        ("train pix2pix --data ONE --out x", "ONE has one pair: at least two"),
        ("train pix2pix --size 100 --out x", "100.*64, 128, 256"),
        ("train pix2pix --direction up --out x", "'up'.*AtoB"),
        ("train pix2pix --out FILE/x", "cannot write .*FILE/x"),
        ("train pix2pix --direction AtoB --out RUN", "RUN holds a run with direction BtoA, not AtoB"),
        ("train pix2pix --data PHOTOS --out RUN", "with data street, not .*PHOTOS"),
        ("train pix2pix --size 128 --out RUN", "with size 64, not 128"),
        ("train pix2pix --seed 4 --out RUN", "with seed 3, not 4"),
        ("train pix2pix --scale laptop --out RUN", "with scale smoke, not laptop"),
        ("train pix2pix --out BY_HAND", "BY_HAND.* was not written by this command"),
        ("train pix2pix --out DAMAGED", "DAMAGED.* is no checkpoint, or is damaged"),
        ("translate RUN --in PHOTOS", "--out"),
        ("translate RUN --out x", "--in"),
        ("translate RUN --in nowhere --out x", "no picture and no folder nowhere"),
        ("translate RUN --in EMPTY --out x", "EMPTY has no pictures"),
        ("translate RUN --in PHOTOS/a.png --out one.png", "--out one.png names a folder .*: leave .png away"),
        ("translate RUN --in PHOTOS --out x.GIF", "--out x.GIF names a folder"),
        ("translate RUN --in PHOTOS --out x --size 4", "'4' is not a whole number of at least 8"),
        ("sample RUN --out x.png", "is a pix2pix.*python -m gancourse translate RUN --in"),
        ("translate RUN --in PHOTOS --out FILE/x", "cannot write .*FILE/x"),
        ("translate RUN --in PHOTOS --out PHOTOS", "folder of the pictures themselves"),
        ("translate RUN --in PHOTOS/a.png --out PHOTOS", "folder of the pictures themselves"),
        ("translate EMPTY --in PHOTOS --out x", "EMPTY holds no game.pt and no latest_net_G.pth"),
        ("translate nowhere --in PHOTOS --out x", "no checkpoint nowhere"),
        ("translate FILE --in PHOTOS --out x", "FILE is no checkpoint, or is damaged"),
        ("translate RUN --in PHOTOS --out x --seed -1", "'-1'"),
    ],
)
def test_mistakes_end_with_code_2_and_one_line(run, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    places = {name: tmp_path / name for name in ("FILE", "EMPTY", "ONE", "PHOTOS", "BY_HAND", "DAMAGED")}
    places["FILE"].write_text("nothing")
    places["EMPTY"].mkdir()
    aligned(places["ONE"], 1)
    photo(places["PHOTOS"] / "a.png")
    checkpoint.save(narrow(), places["BY_HAND"] / "game.pt")
    places["DAMAGED"].mkdir()
    (places["DAMAGED"] / "game.pt").write_text("nothing")
    (tmp_path / "RUN").mkdir()
    (tmp_path / "RUN" / "game.pt").symlink_to(run / "game.pt")
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert re.search(message, refused(arguments, capsys))
    assert before == {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}


def test_a_run_of_another_game_is_not_gone_on_with(tmp_path, capsys):
    checkpoint.save(recipes.gan("mlp"), tmp_path / "game.pt", {"game": "gan"})
    assert trained(tmp_path) == 2 and "holds a run with game gan, not pix2pix" in capsys.readouterr().err


def test_help_says_which_is_a_and_which_is_b(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["train", "pix2pix", "--help"])
    shown = capsys.readouterr().out
    assert "A is the photo and B the label map" in shown and "BtoA" in shown
