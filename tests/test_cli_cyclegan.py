"""`train cyclegan`, and `translate` in both directions: what they write, how a run goes on, and what is refused."""

import json
import re
import shutil
import signal

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from gancourse import checkpoint, generators, recipes, translate
from gancourse.__main__ import main
from gancourse.cli import cyclegan, runs, unpaired
from gancourse.data.label_maps import CMP, in_colours
from gancourse.data.pairs import street_pairs
from gancourse.data.unpaired import street_truth, street_unpaired
from gancourse.games.cyclegan import CycleGAN
from gancourse.games.pix2pix import Pix2Pix
from gancourse.losses import planes_cross_entropy
from gancourse.networks.patchgan import PatchGAN
from gancourse.networks.planes import Planes
from gancourse.networks.resnet import ResNetGenerator
from gancourse.networks.unet import UNet
from gancourse.segmenter import Segmenter
from tests.commands import losses_of, noted, refused, seen
from tests.cut_off import Broken, crash, same_game

WEIGHTS = ["latest_net_G_A.pth", "latest_net_G_B.pth"]
WRITTEN = ["game.pt", *WEIGHTS, "losses.jsonl", "losses.png", "metrics.json", "samples.png"]


def narrow(size: int = 64, rounds: int | None = None, x: int = 3, y: int = 3, forger=None, **options) -> CycleGAN:
    """The recipe with few channels and small pools, so that the tests are quick and the pools overflow."""
    norm = {"norm": nn.InstanceNorm2d}
    forgers = [ResNetGenerator(*both, base=2, blocks=1, **norm) for both in ((x, y), (y, x))]
    critics = [PatchGAN(c, base=2, layers=1, **norm) for c in (x, y)]
    options = (recipes.with_planes() if y == recipes.PLANES else {}) | options
    return CycleGAN(*forgers, *critics, pool=2, schedule=recipes.half_and_half(size, rounds), **options)


def few(x: str = "photo", y: str = "planes", size: int = 64):
    return street_unpaired(5, size, x, y), street_truth(2, size, x, y)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    monkeypatch.setattr(recipes, "cyclegan", narrow)
    monkeypatch.setattr(recipes, "cyclegan_streets", few)
    monkeypatch.setattr(cyclegan, "street_judge", lambda size: Segmenter(14, base=2).eval())
    monkeypatch.setitem(recipes.CYCLEGAN, 64, (1, 1, 2))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of the street at smoke scale with narrow networks."""
    folder = tmp_path_factory.mktemp("runs") / "street"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANCOURSE_SCALE", "smoke")
        patch.setattr(recipes, "cyclegan", narrow)
        patch.setattr(recipes, "cyclegan_streets", few)
        assert main(["train", "cyclegan", "--seed", "3", "--out", str(folder)]) == 0
    return folder


def trained(folder, *arguments: str) -> int:
    return main(["train", "cyclegan", "--out", str(folder), *arguments])


def test_train_writes_game_both_weights_samples_losses_and_metrics(run):
    assert seen(run) == sorted(WRITTEN)
    state = checkpoint.read(run / "game.pt")
    said = {"game": "cyclegan", "data": "street", "size": 64, "seed": 3, "rounds": 4, "scale": "smoke"}
    assert said.items() <= state["about"].items() and state["played"] == 4
    assert len(state["networks"]["pool_x.stored"]) == len(state["networks"]["pool_y.stored"]) == 2
    figures = json.loads((run / "metrics.json").read_text("utf-8"))
    assert (said | {"A": 5, "B": 5, "held_out_A": 2, "held_out_B": 2}).items() <= figures.items()
    there, back = figures["answers"]["AtoB"], figures["answers"]["BtoA"]
    assert set(there) == {"cycle", "pixel", "class", "iou"} and 0 < there["cycle"] < 2  # a photo is far from planes
    assert {"cycle", "l1", "iou", "kernel"} <= set(back)
    assert Image.open(run / "samples.png").size == (3 * (6 * 66 + 2), 3 * (2 * 66 + 2))  # 6 x 2, three times as large
    losses = losses_of(run)
    assert set(losses) == {"G+F", "D_X+D_Y"} and len(losses["G+F"]) == 4


def test_figures_and_samples_are_of_the_hidden_truth(run):
    game, truth = narrow(y=14), few()[1]
    checkpoint.load(game, run / "game.pt")
    x, y = truth.floats()
    answers = json.loads((run / "metrics.json").read_text("utf-8"))["answers"]
    fake_y, fake_x = game.translate(x), game.back(y)
    assert answers["BtoA"]["l1"] == pytest.approx((fake_x - x).abs().mean().item(), rel=1e-4)
    assert answers["AtoB"]["cycle"] == pytest.approx((game.back(fake_y) - x).abs().mean().item(), rel=1e-4)
    shown = np.array(Image.open(run / "samples.png"))
    columns = [in_colours(fake_y), None, in_colours(truth.y), fake_x]  # from the second of six on
    for i, pictures in enumerate(columns, start=1):
        if pictures is not None:
            pixel = ((pictures[0, :, 30, 30] + 1) * 127.5).round().numpy()
            assert abs(shown[3 * 32 + 1, 3 * (i * 66 + 32) + 1] - pixel).max() <= 1


class Knows:
    """A game whose answers are the true ones."""

    def __init__(self, truth):
        self.truth = truth

    def translate(self, x):
        return self.truth.floats()[1]

    def back(self, y):
        return self.truth.floats()[0]


def test_perfect_translations_have_perfect_figures():
    truth = few()[1]
    answers = cyclegan.judged(Knows(truth), truth, {"data": "street", "size": 64})
    assert answers["AtoB"]["cycle"] == answers["BtoA"]["cycle"] == answers["BtoA"]["l1"] == 0
    assert answers["AtoB"]["pixel"] == answers["AtoB"]["iou"] == 1
    truth = street_truth(4, x="day", y="dusk")
    dusk = cyclegan.judged(Knows(truth), truth, {"data": "dusk", "size": 64})
    assert dusk["AtoB"]["l1"] == 0 and dusk["AtoB"]["windows"] > 0.8 and "iou" not in dusk["AtoB"]


def test_the_generators_come_back_under_the_names_of_the_reference(run):
    pictures = few()[1].floats()  # a photo for G, planes for F
    players = [generators.load(run / "game.pt", player)(z) for player, z in zip("GF", pictures, strict=True)]
    official = [generators.load(run / name)(z) for name, z in zip(WEIGHTS, pictures, strict=True)]
    assert all(map(torch.equal, players, official)) and [z.shape[1] for z in players] == [14, 3]
    assert torch.allclose(((players[0] + 1) / 2).sum(1), torch.ones(()))  # planes, as the game's own G draws them


def test_a_run_goes_on_after_ctrl_c_and_after_a_crash_as_if_nothing_had_been(tmp_path, monkeypatch, capsys):
    assert trained(tmp_path / "whole", "--rounds", "8") == 0
    plain = recipes.cyclegan_batches
    for name, happen in (("ctrl-c", lambda: signal.raise_signal(signal.SIGINT)), ("crash", crash)):
        with monkeypatch.context() as patch:
            patch.setattr(recipes, "cyclegan_batches", lambda *a, happen=happen, **k: Broken(plain(*a, **k), happen, 4))
            patch.setattr(cyclegan, "draw", lambda *how: None)
            if name == "crash":
                with pytest.raises(RuntimeError, match="power failure"):
                    trained(tmp_path / name, "--rounds", "8", "--keep-every", "0")
            else:
                assert trained(tmp_path / name, "--rounds", "8", "--keep-every", "0") == 130
                assert "the same command goes on from round 6" in capsys.readouterr().out
        state = checkpoint.read(tmp_path / name / "game.pt")
        assert state["played"] == (4 if name == "crash" else 5)
        assert len(state["networks"]["pool_x.stored"]) == 2  # full: from here on it draws
        assert not (tmp_path / name / "metrics.json").exists()
        capsys.readouterr()
        assert trained(tmp_path / name) == 0  # with the rounds it was planned for
        assert f"going on from round {state['played'] + 1}." in capsys.readouterr().out
        assert same_game(tmp_path / "whole", tmp_path / name)
        assert losses_of(tmp_path / "whole") == losses_of(tmp_path / name)
        whole, again = [json.loads((tmp_path / f / "metrics.json").read_text()) for f in ("whole", name)]
        assert {**whole, "minutes": 0} == {**again, "minutes": 0}
        assert seen(tmp_path / name) == sorted([*WRITTEN, "game.before.pt"])


def test_a_finished_run_is_left_alone_judged_if_it_was_not_and_goes_on_if_asked(run, tmp_path, capsys):
    shutil.copytree(run, tmp_path / "a")
    before = {name: (tmp_path / "a" / name).read_bytes() for name in seen(tmp_path / "a")}
    for more in ([], ["--rounds", "2"], ["--data", "street", "--size", "64", "--scale", "smoke", "--seed", "3"]):
        assert trained(tmp_path / "a", *more) == 0
        assert "holds a finished run of 4 rounds" in capsys.readouterr().out
    assert before == {name: (tmp_path / "a" / name).read_bytes() for name in seen(tmp_path / "a")}
    for name in WRITTEN[1:]:
        (tmp_path / "a" / name).unlink()
    assert trained(tmp_path / "a") == 0
    assert seen(tmp_path / "a") == sorted(name for name in WRITTEN if name != "losses.jsonl")
    assert trained(tmp_path / "a", "--rounds", "6") == 0
    assert "The run was planned for 4 rounds" in capsys.readouterr().out
    assert json.loads((tmp_path / "a" / "metrics.json").read_text())["rounds"] == 6


def test_dusk_and_digits(tmp_path, monkeypatch):
    assert trained(tmp_path / "dusk", "--data", "dusk", "--rounds", "1") == 0
    answers = json.loads((tmp_path / "dusk" / "metrics.json").read_text())["answers"]
    assert {"windows", "lamps"} < set(answers["AtoB"]) and "iou" not in answers["AtoB"]
    monkeypatch.setattr(recipes.unpaired, "digit_sets", lambda name: recipes_digits())
    assert trained(tmp_path / "digits", "--data", "digits", "--rounds", "1") == 0
    figures = json.loads((tmp_path / "digits" / "metrics.json").read_text())
    assert figures["size"] == 32 and figures["set"] == "digits" and figures["held_out_B"] == 4
    assert trained(tmp_path / "x", "--data", "digits", "--size", "64") == 2


def recipes_digits():
    from gancourse.data.digits import ImageSet
    from gancourse.data.procedural_digits import ProceduralDigits

    return [ImageSet("digits", *ProceduralDigits().batch(range(first, first + 12))) for first in (0, 100)]


def test_digits_and_dusk_are_never_mirrored(monkeypatch, tmp_path):
    asked = []
    plain = recipes.cyclegan_batches
    monkeypatch.setattr(recipes.unpaired, "digit_sets", lambda name: recipes_digits())
    monkeypatch.setattr(recipes, "cyclegan_batches", lambda *a, **k: asked.append(k["flip"]) or plain(*a, **k))
    for data in ("digits", "dusk", "street"):
        assert trained(tmp_path / data, "--data", data, "--rounds", "1") == 0
    assert asked == [False, False, True]


def street_as_facades(folder, n: int) -> None:
    pairs = street_pairs(n, 32, x="photo", y="labels")
    folder.mkdir(parents=True)
    for i, (a, b) in enumerate(zip(pairs.x, pairs.y, strict=True), 1):
        Image.fromarray(torch.cat([a, b], dim=2).permute(1, 2, 0).numpy()).save(folder / f"{i}.png")


def test_facades_are_broken_pairs(tmp_path, monkeypatch):
    street_as_facades(tmp_path / "data" / "facades" / "train", 56)
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path / "data"))
    pictures, held_out = unpaired.sets("facades", 32)
    assert (len(pictures.x), len(pictures.y), len(held_out)) == (8, 8, 4) and pictures.x.shape[-1] == 35
    assert held_out.mask.max() < CMP and held_out.x.shape == (4, 3, 32, 32)
    assert trained(tmp_path / "run", "--data", "facades", "--rounds", "1") == 0
    answers = json.loads((tmp_path / "run" / "metrics.json").read_text())["answers"]
    assert "iou" in answers["AtoB"] and {"kernel", "iou", "kernel of real", "iou of real"} < set(answers["BtoA"])


def domain(folder, n: int, grey: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        Image.new("RGB", (48, 40), (grey + i,) * 3).save(folder / f"{i}.png")


def test_a_folder_with_and_without_a_test_part(tmp_path, monkeypatch, capsys):
    for part, n, m in (("train", 3, 5), ("test", 2, 1)):
        domain(tmp_path / "parts" / f"{part}A", n, 0)
        domain(tmp_path / "parts" / f"{part}B", m, 200)
    domain(tmp_path / "plain" / "A", 11, 0)
    domain(tmp_path / "plain" / "B", 4, 200)
    Image.new("RGB", (9, 9)).save(tmp_path / "plain" / "A" / "x.gif")
    monkeypatch.chdir(tmp_path)
    for name, numbers in (("parts", (3, 5, 2, 1)), ("plain", (9, 3, 2, 1))):
        assert trained(tmp_path / f"run_{name}", "--data", name, "--rounds", "1") == 0
        figures = json.loads((tmp_path / f"run_{name}" / "metrics.json").read_text())
        assert tuple(figures[k] for k in ("A", "B", "held_out_A", "held_out_B")) == numbers
        assert figures["data"] == str(tmp_path / name) and set(figures["answers"]["AtoB"]) == {"cycle"}
        shown = np.array(Image.open(tmp_path / f"run_{name}" / "samples.png"))
        assert shown[60, 60].max() < 20 and 199 < shown[60, 3 * 198 + 60].min() < 210  # x first, y fourth
    said = capsys.readouterr().out
    assert "the last 2 of its 11 and the last 1 of its 4 pictures are held out" in said
    assert said.count(f"Left out of {tmp_path / 'plain'}: A/x.gif (no picture format read here)\n") == 1
    assert said.count("Left out") == 1
    (tmp_path / "plain" / "A" / "0.png").unlink()
    assert trained(tmp_path / "run_plain", "--rounds", "2") == 2
    assert "with held_out_A 2, not 1" in capsys.readouterr().err


def test_a_run_does_not_go_on_with_other_pictures_and_does_not_write_among_them(tmp_path, capsys):
    mine = tmp_path / "mine"
    domain(mine / "A", 4, 0)
    domain(mine / "B", 4, 200)
    for out in (mine, mine / "A"):
        assert trained(out, "--data", str(mine), "--rounds", "1") == 2
        assert f"--out {out} is a folder of the data" in capsys.readouterr().err
    for rounds in ("1", "2"):
        assert trained(tmp_path / "run", "--data", str(mine), "--rounds", rounds) == 0
    (mine / "A" / "0.png").rename(mine / "A" / "9.png")
    assert trained(tmp_path / "run", "--rounds", "3") == 2
    assert f"run holds a run with other pictures than {mine} has now" in capsys.readouterr().err


def test_the_recipe_is_asked_for_the_size_the_rounds_and_the_seed_of_the_command_line(tmp_path, monkeypatch):
    games, batches, seeds = (
        noted(monkeypatch, where, what)
        for where, what in ((recipes, "cyclegan"), (recipes, "cyclegan_batches"), (runs, "train"))
    )
    assert trained(tmp_path / "a", "--rounds", "2", "--seed", "7") == 0
    assert games == [((64, 2), {"x": 3, "y": 14})] and seeds[0][1]["seed"] == 7
    assert batches[0][0][1:] == (64, 7) and batches[0][1] == {"flip": True}
    assert trained(tmp_path / "b", "--rounds", "2", "--seed", "8") == 0
    assert trained(tmp_path / "c", "--rounds", "2", "--seed", "7") == 0
    assert same_game(tmp_path / "a", tmp_path / "c") and not same_game(tmp_path / "a", tmp_path / "b")


def test_the_recipe_mirrors_if_asked_and_shuffles_by_its_seed():
    pictures = street_unpaired(6, 64)
    n = recipes.CYCLEGAN[64][2]
    for flip in (True, False):
        got, asked, other, another = (
            recipes.cyclegan_batches(pictures, 64, 5, flip=flip),
            *(pictures.batches(n, flip=way, seed=seed) for way, seed in ((flip, 5), (not flip, 5), (flip, 0))),
        )
        for round in range(4):
            assert all(map(torch.equal, got.at(round), asked.at(round)))
        for wrong in (other, another):
            assert not all(torch.equal(got.at(round)[0], wrong.at(round)[0]) for round in range(4))
    assert recipes.cyclegan_batches(pictures, 64).flip  # unless told


def test_a_published_set_is_looked_for_among_the_unpaired(tmp_path, monkeypatch, capsys):
    for side, n in (("A", 3), ("B", 2)):
        for part in ("train", "test"):
            domain(tmp_path / "horse2zebra" / f"{part}{side}", n, 100)
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path))
    assert trained(tmp_path / "run", "--data", "horse2zebra", "--rounds", "1") == 0
    assert json.loads((tmp_path / "run" / "metrics.json").read_text())["set"] == "horse2zebra"


def photo(path, w: int = 50, h: int = 40) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(w).integers(0, 256, (h, w, 3), dtype=np.uint8)).save(path)


def translated(checkpoint, tmp_path, *direction: str) -> bytes:
    out = tmp_path / "out" / str(len(list((tmp_path / "out").glob("*"))))
    photo(tmp_path / "photos" / "a.png")
    assert main(["translate", str(checkpoint), "--in", str(tmp_path / "photos"), "--out", str(out), *direction]) == 0
    assert Image.open(out / "a.png").size == (50, 40)
    return (out / "a.png").read_bytes()


def test_translate_in_both_directions_by_each_kind_of_checkpoint(run, tmp_path):
    official = tmp_path / "official"
    official.mkdir()
    for name in WEIGHTS:
        shutil.copy(run / name, official)
    there, back = ["--direction", "AtoB"], ["--direction", "BtoA"]
    for direction, player in ((there, "A"), (back, "B")):
        files = (run, run / "game.pt", official, official / f"latest_net_G_{player}.pth")
        answers = {translated(file, tmp_path, *direction) for file in files}
        answers.add(translated(official / f"latest_net_G_{player}.pth", tmp_path))
        assert len(answers) == 1
    default = {translated(file, tmp_path) for file in (run, official)}
    assert default == {translated(run, tmp_path, *there)} != {translated(run, tmp_path, *back)}
    (official / WEIGHTS[0]).unlink()
    assert translated(official, tmp_path) == translated(run, tmp_path, *back)  # what there is


def test_translate_by_a_running_mean_where_one_is_kept(tmp_path):
    game = narrow()
    game.average("F")
    with torch.no_grad():
        game.F.decoder[-2].bias += 1
    checkpoint.save(game, tmp_path / "game.pt")
    assert torch.equal(
        generators.load(tmp_path, direction="BtoA").decoder[-2].bias, game.averaged("F").decoder[-2].bias
    )
    with pytest.raises(ValueError, match="direction 'left': choose AtoB or BtoA"):
        generators.load(tmp_path, direction="left")


def test_a_pix2pix_run_goes_in_its_own_direction_only(tmp_path):
    game = Pix2Pix(UNet(base=2, downs=5), PatchGAN(base=2, layers=1))
    checkpoint.save(game, tmp_path / "run" / "game.pt", {"game": "pix2pix", "direction": "BtoA"})
    assert translated(tmp_path / "run", tmp_path) == translated(tmp_path / "run", tmp_path, "--direction", "BtoA")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("train cyclegan", "--out"),
        ("train cyclegan --data nowhere --out x", "--data nowhere: .*trainA/ and trainB/, or one of street, dusk"),
        ("train cyclegan --data PHOTOS --out x", "PHOTOS has no A/ and B/.*"),
        ("train cyclegan --data ONE --out x", "ONE has 1 and 3 pictures in its domains: at least two each"),
        ("train cyclegan --data digits --size 128 --out x", "--size 128: digits have 32 px"),
        ("train cyclegan --size 100 --out x", "100.*32, 64, 128, 256"),
        ("train cyclegan --direction AtoB --out x", "unrecognized arguments: --direction"),
        ("train cyclegan --data dusk --out RUN", "RUN holds a run with data street, not dusk"),
        ("train cyclegan --size 128 --out RUN", "with size 64, not 128"),
        ("train cyclegan --scale laptop --out RUN", "with scale smoke, not laptop"),
        ("sample RUN --out x.png", "is a cyclegan.*python -m gancourse translate RUN --in"),
        ("train pix2pix --out RUN", "RUN holds a run with game cyclegan, not pix2pix"),
        ("train cyclegan --out PAIRED", "PAIRED holds a run with game pix2pix, not cyclegan"),
        ("translate PAIRED --in PHOTOS --out x --direction AtoB", "PAIRED/game.pt goes BtoA, not AtoB: ask for BtoA"),
        ("translate BY_HAND --in PHOTOS --out x --direction AtoB", "BY_HAND.* does not say which way it goes: leave"),
        ("translate ONLY_B --in PHOTOS --out x --direction AtoB", "ONLY_B holds no .*latest_net_G_A.pth"),
        ("translate ONLY_B/latest_net_G_B.pth --in PHOTOS --out x --direction AtoB", "G_B.pth goes BtoA, not AtoB"),
        ("translate SINGLE --in PHOTOS --out x --direction BtoA", "latest_net_G.pth holds one generator.*leave"),
        ("translate RUN --in PHOTOS --out x --direction up", "'up'.*AtoB.*BtoA"),
    ],
)
def test_mistakes_end_with_code_2_and_one_line(run, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    photo(tmp_path / "PHOTOS" / "a.png")
    domain(tmp_path / "ONE" / "trainA", 1, 0)
    domain(tmp_path / "ONE" / "trainB", 3, 0)
    paired = Pix2Pix(UNet(base=2, downs=5), PatchGAN(base=2, layers=1))
    checkpoint.save(paired, tmp_path / "PAIRED" / "game.pt", {"game": "pix2pix", "direction": "BtoA"})
    checkpoint.save(paired, tmp_path / "BY_HAND" / "game.pt")
    for name in ("RUN", "ONLY_B", "SINGLE"):
        (tmp_path / name).mkdir()
    shutil.copy(run / "game.pt", tmp_path / "RUN")
    shutil.copy(run / WEIGHTS[1], tmp_path / "ONLY_B")
    shutil.copy(run / WEIGHTS[0], tmp_path / "SINGLE" / "latest_net_G.pth")
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert re.search(message, refused(arguments, capsys))
    assert before == {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}


def test_the_recipe_fits_its_sizes(monkeypatch):
    monkeypatch.undo()
    minutes = recipes.CYCLEGAN_LR
    for scale, wide, lr in (("smoke", (8, 8), minutes), ("laptop", (16, 32), minutes), ("paper", (64, 64), 2e-4)):
        monkeypatch.setenv("GANCOURSE_SCALE", scale)
        for size, blocks, layers in ((64, 3, 2), (128, 6, 3), (256, 9, 3)):
            game = recipes.cyclegan(size, rounds=10, y=recipes.PLANES)
            assert len(game.G.transformer) == blocks and isinstance(game.G.decoder[-1], Planes) and game.lr == lr
            assert isinstance(game.F, ResNetGenerator if scale == "paper" else UNet)
            assert (game.near_y, game.noise_x, game.identity) == (planes_cross_entropy, 0.1, 0)
            assert (game.cycle, game.tint_x) == (0.5, 0.3)
            assert [translate.channels(net) for net in (game.G, game.F)] == [(3, 14), (14, 3)]
            noise, D_Y = game.D_Y
            assert game.D_X.smallest == D_Y.smallest == 3 * 2**layers and noise.spread == recipes.NOISE
            assert [D.net[0].in_channels for D in (game.D_X, D_Y)] == [3, 14]
            assert (game.G.encoder[1].out_channels, D_Y.net[0].out_channels) == wide
            assert [round(game.schedule(i), 2) for i in (0, 4, 5, 9)] == [1, 1, 0.83, 0.17]
            pictures = recipes.cyclegan(size, rounds=10)
            assert isinstance(pictures.G, ResNetGenerator if scale == "paper" else UNet)
            assert (pictures.cycle, pictures.cycle * pictures.identity) == (10 if scale == "paper" else 4, 5)
    assert recipes.cyclegan_rounds(256, per_epoch=5) == 1000
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    assert recipes.cyclegan_rounds() == 4
    pictures, truth = recipes.cyclegan_streets(size=32)
    assert len(pictures) == 8 and len(truth) == 4
    x, y = recipes.cyclegan_batches(pictures, 32).at(0)
    assert x.shape == (4, 3, 32, 32) and y.shape == (4, 14, 32, 32)


def test_help_says_which_is_a_and_which_is_b(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["train", "cyclegan", "--help"])
    shown = capsys.readouterr().out
    assert "A photos, B label maps" in shown and "G draws B from A" in shown and "horse2zebra" in shown
