"""Generators as ONNX files: equal to torch on inputs of several sizes; what is refused leaves no file."""

import re
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from gancourse import checkpoint, export, generators, pretrained, recipes
from gancourse.__main__ import main
from gancourse.games.cyclegan import CycleGAN
from gancourse.games.gan import GAN
from gancourse.games.pix2pix import Pix2Pix, answer
from gancourse.networks.dcgan import DCDiscriminator, DCGenerator
from gancourse.networks.mlp import MLPDiscriminator, MLPGenerator
from gancourse.networks.patchgan import PatchGAN
from gancourse.networks.resnet import ResNetGenerator
from gancourse.networks.unet import UNet
from tests.commands import refused


def lively(net: nn.Module) -> nn.Module:
    """A network whose answers differ visibly from one another, and whose norms have gathered something."""
    torch.manual_seed(0)
    for value in net.parameters():
        if value.dim() > 1:
            nn.init.kaiming_normal_(value)
    for name, value in net.named_buffers():
        if value.is_floating_point():
            value.data = 0.5 + torch.rand_like(value) if name.endswith("var") else 0.1 * torch.randn_like(value)
    return net


def of_noise(n: int, z_dim: int, classes: int = 0) -> dict[str, Tensor]:
    z = torch.randn(n, z_dim, generator=torch.Generator().manual_seed(n))
    return {"z": z} | ({"y": torch.arange(n) % classes} if classes else {})


def pictures(n: int, h: int, w: int, c: int = 3) -> dict[str, Tensor]:
    return {"x": 2 * torch.rand(n, c, h, w, generator=torch.Generator().manual_seed(h)) - 1}


def onnx_answers(path, inputs: dict[str, Tensor]) -> Tensor:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return torch.from_numpy(session.run(None, {name: value.numpy() for name, value in inputs.items()})[0])


def gap(path, inputs: dict[str, Tensor], expected: Tensor) -> float:
    """How far the file's answers are from what is expected, which must not be nearly blank."""
    got = onnx_answers(path, inputs)
    assert got.shape == expected.shape and expected.std() > 0.01
    return (got - expected).abs().max().item()


@torch.no_grad()
def in_eval(G: nn.Module, inputs: dict[str, Tensor]) -> Tensor:
    return G.eval()(*inputs.values())


NOISE = {
    "mlp": lambda: MLPGenerator(z_dim=5, hidden=(8, 16)),
    "mlp with labels": lambda: MLPGenerator(z_dim=5, hidden=(8, 16), classes=10),
    "conv": lambda: DCGenerator(z_dim=5, width=2, hidden=8),
    "conv with labels": lambda: DCGenerator(z_dim=5, width=2, hidden=8, classes=3),
}


@pytest.mark.parametrize("name", NOISE)
def test_a_generator_from_noise_takes_any_number(name, tmp_path):
    G = lively(NOISE[name]())
    assert export.to_onnx(G, tmp_path / "g.onnx") <= export.LIMIT and G.training
    for n in (1, 2, 7):
        inputs = of_noise(n, 5, G.classes)
        assert gap(tmp_path / "g.onnx", inputs, in_eval(G, inputs)) < 1e-5


PICTURES = {
    "unet": lambda: UNet(base=2, downs=5),
    "unet with instance norms": lambda: UNet(1, 3, base=2, downs=6, norm=nn.InstanceNorm2d),
    "no skips": lambda: UNet(base=2, downs=5, skips=False),
    "resnet": lambda: ResNetGenerator(base=2, blocks=2),
    "resnet with batch norms": lambda: ResNetGenerator(3, 1, base=2, blocks=1, norm=nn.BatchNorm2d, dropout=0.5),
}
SIZES = {UNet: [(64, 192), (256, 64), (128, 128)], ResNetGenerator: [(8, 9), (31, 50), (64, 16)]}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("batch_statistics", [False, True])
def test_a_generator_from_pictures_takes_any_number_and_its_sizes(name, batch_statistics, tmp_path):
    G = lively(PICTURES[name]())
    before = {name: value.clone() for name, value in G.state_dict().items()}
    assert export.to_onnx(G, tmp_path / "g.onnx", batch_statistics=batch_statistics) <= export.LIMIT
    assert G.training and all(torch.equal(value, before[name]) for name, value in G.state_dict().items())
    for n, (h, w) in enumerate(SIZES[type(G)], start=1):
        inputs = pictures(n, h, w, export.channels(G)[0])
        alone = [answer(G, one, batch_statistics=batch_statistics) for one in inputs["x"].split(1)]
        assert gap(tmp_path / "g.onnx", inputs, torch.cat(alone)) < 1e-4


def test_statistics_of_the_picture_and_of_the_training_differ(tmp_path):
    G = lively(UNet(base=2, downs=5))
    for alone in (False, True):
        export.to_onnx(G, tmp_path / f"{alone}.onnx", batch_statistics=alone)
    one, other = [onnx_answers(tmp_path / f"{alone}.onnx", pictures(2, 64, 64)) for alone in (False, True)]
    assert (one - other).abs().max() > 0.01


def test_the_file_names_its_sizes_says_what_goes_in_and_nothing_of_this_machine(tmp_path):
    for G, sides in (
        (UNet(base=2, downs=5), ["n", 3, "32*h", "32*w"]),
        (ResNetGenerator(base=2, blocks=1), ["n", 3, "h", "w"]),
    ):
        export.to_onnx(G, tmp_path / "g.onnx")
        model = onnx.load(tmp_path / "g.onnx")
        onnx.checker.check_model(model)
        for value in (model.graph.input[0], model.graph.output[0]):
            assert [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim] == sides
        assert [model.graph.input[0].name, model.graph.output[0].name] == ["x", "answer"]
        assert model.doc_string == export.described(G) and "in [-1, 1], h and w" in model.doc_string
        content = (tmp_path / "g.onnx").read_bytes()
        assert not re.search(rb"\.py\b|site-packages|/gancourse", content)  # the exporter notes where code lies
    export.to_onnx(NOISE["conv with labels"](), tmp_path / "g.onnx")
    assert "z: noise (n, 5)" in (told := onnx.load(tmp_path / "g.onnx").doc_string) and "int64 in 0 .. 2" in told


# The command.


def exported(source, out, *more: str) -> int:
    return main(["export", str(source), "--out", str(out), *more])


@pytest.mark.parametrize(("name", "players"), [("gan", "mlp"), ("gan", "conv"), ("cgan", "mlp"), ("cgan", "conv")])
def test_the_running_mean_of_a_run_on_digits_is_exported(name, players, tmp_path, capsys):
    game = getattr(recipes, name)(players)
    lively(game.averaged("G"))
    checkpoint.save(game, tmp_path / "game.pt", {"game": name, "players": players})
    inputs = of_noise(4, game.G.z_dim, game.G.classes)
    assert exported(tmp_path if players == "mlp" else tmp_path / "game.pt", tmp_path / "g.onnx") == 0
    assert gap(tmp_path / "g.onnx", inputs, game.sample(*inputs.values())) < 1e-5
    said = capsys.readouterr().out
    assert f"Wrote {tmp_path / 'g.onnx'}\n  z: noise (n, {game.G.z_dim})" in said
    assert re.search(r"The largest difference between onnxruntime's answers and torch's is \d", said)


def pix2pix_run(folder, about: dict | None = None) -> Pix2Pix:
    game = Pix2Pix(lively(UNet(base=2, downs=6)), PatchGAN(base=2, layers=1))
    checkpoint.save(game, folder / "game.pt", {"game": "pix2pix", "size": 64, "direction": "BtoA"} | (about or {}))
    return game


def test_a_run_of_pix2pix_and_its_official_weights_are_exported(tmp_path):
    game = pix2pix_run(tmp_path / "run")
    pretrained.save_generator(game.G, tmp_path / "official" / "latest_net_G.pth")
    for source in ("run", "official", "official/latest_net_G.pth"):
        assert exported(tmp_path / source, tmp_path / "out" / "g.onnx") == 0
        assert gap(tmp_path / "out" / "g.onnx", pictures(2, 64, 128), game.translate(pictures(2, 64, 128)["x"])) < 1e-4
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["g.onnx"]


def test_norms_answer_in_the_mode_in_which_they_were_trained(tmp_path, monkeypatch):
    game = pix2pix_run(tmp_path)
    x = pictures(2, 64, 64)
    expected = {alone: game.translate(x["x"], batch_statistics=alone) for alone in (False, True)}
    assert (expected[True] - expected[False]).abs().max() > 0.01
    cases = [(8, [], False), (1, [], True), (8, ["--batch-statistics"], True), (1, ["--no-batch-statistics"], False)]
    for n, flag, alone in cases:
        monkeypatch.setitem(recipes.PIX2PIX, 64, (6, 1, n))
        assert exported(tmp_path, tmp_path / "g.onnx", *flag) == 0
        assert gap(tmp_path / "g.onnx", x, expected[alone]) < 1e-4


def cyclegan_run(folder) -> CycleGAN:
    forgers = [lively(ResNetGenerator(base=2, blocks=1)) for _ in "GF"]
    game = CycleGAN(*forgers, *[PatchGAN(3, 2, 1, nn.InstanceNorm2d) for _ in "XY"], pool=2)
    forgers[1].decoder[-2].bias.data += 0.3
    checkpoint.save(game, folder / "game.pt", {"game": "cyclegan", "size": 64})
    return game


def test_both_directions_of_a_cyclegan_are_exported(tmp_path):
    game, x = cyclegan_run(tmp_path / "run"), pictures(2, 30, 41)
    for name, net in (("A", game.G), ("B", game.F)):
        pretrained.save_generator(net, tmp_path / "official" / f"latest_net_G_{name}.pth")
    ways = {"AtoB": game.translate(x["x"]), "BtoA": game.back(x["x"])}
    assert (ways["AtoB"] - ways["BtoA"]).abs().max() > 0.01
    for source, way in (("run", None), ("run", "BtoA"), ("official", "AtoB"), ("official", "BtoA")):
        assert exported(tmp_path / source, tmp_path / "g.onnx", *(["--direction", way] if way else [])) == 0
        assert gap(tmp_path / "g.onnx", x, ways[way or "AtoB"]) < 1e-4


# What is refused.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("export nowhere --out g.onnx", "there is no checkpoint nowhere: train first"),
        ("export EMPTY --out g.onnx", "EMPTY holds no game.pt and no latest_net_G.pth"),
        ("export FILE --out g.onnx", "FILE is no checkpoint, or is damaged"),
        ("export PIX2PIX --out g.pt", "cannot write g.pt: the name must end in .onnx"),
        ("export PIX2PIX --out FILE/g.onnx", "cannot write .*FILE/g.onnx"),
        ("export PIX2PIX --direction AtoB --out g.onnx", "goes BtoA, not AtoB"),
        ("export PIX2PIX --direction up --out g.onnx", "'up'.*AtoB"),
        ("export PIX2PIX", "--out"),
        ("export GAN --direction AtoB --out g.onnx", "leave the direction away"),
        ("export GAN --batch-statistics --out g.onnx", "takes noise: leave them away"),
        ("export UNKNOWN --out g.onnx", "was not written by train gan: use gancourse.export.to_onnx"),
        ("export OTHERS --out g.onnx", "checkpoint of other players"),
    ],
)
def test_mistakes_end_with_code_2_and_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FILE").write_text("nothing")
    (tmp_path / "EMPTY").mkdir()
    pix2pix_run(tmp_path / "PIX2PIX")
    abouts = {"GAN": {"players": "mlp"}, "UNKNOWN": {}, "OTHERS": {"players": "conv"}}
    for name, about in abouts.items():
        checkpoint.save(recipes.gan("mlp"), tmp_path / name / "game.pt", {"game": "gan"} | about)
    before = sorted(tmp_path.rglob("*"))
    assert re.search(message, refused(arguments, capsys))
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("missing", [["onnxruntime"], ["onnx", "onnxscript"]])
def test_a_missing_package_is_named_with_the_mend(missing, tmp_path, monkeypatch, capsys):
    pix2pix_run(tmp_path)
    for name in missing:
        monkeypatch.setitem(sys.modules, name, None)
    assert exported(tmp_path, tmp_path / "g.onnx") == 2
    said = capsys.readouterr().err
    assert said.startswith(f"python -m gancourse: {' and '.join(missing)} ") and said.count("\n") == 1
    assert 'not installed, which writing ONNX needs: pip install "gancourse[export]"' in said
    with pytest.raises(ImportError, match="not installed"):
        export.to_onnx(UNet(base=2, downs=5), tmp_path / "g.onnx")
    assert not (tmp_path / "g.onnx").exists()


@pytest.mark.parametrize(("wrong", "before"), [(2e-4, {}), (float("nan"), {"g.onnx": b"as before"})])
def test_a_difference_that_is_too_large_leaves_what_was_there(wrong, before, tmp_path, monkeypatch, capsys):
    pix2pix_run(tmp_path / "run")
    (tmp_path / "out").mkdir()
    for name, content in before.items():
        (tmp_path / "out" / name).write_bytes(content)
    plain = export.run
    monkeypatch.setattr(export, "run", lambda model, inputs: plain(model, inputs) + wrong * (len(inputs["x"]) == 3))
    assert exported(tmp_path / "run", tmp_path / "out" / "g.onnx") == 2
    said = capsys.readouterr().err
    assert re.search(r"g.onnx is not written: .* differ from torch's by (0.0002|nan), more than 0.0001\. Update", said)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_a_file_with_other_weights_is_told_by_the_comparison():
    one, other = [lively(make()).eval() for make in (NOISE["mlp"], NOISE["mlp"])]
    other.net[-2].bias.data += 0.01
    model = export.exported(one)
    assert export.difference(model, one) < 1e-5 and export.difference(model, other) > 1e-3


def test_a_network_of_another_kind_is_refused(tmp_path):
    for G in (PatchGAN(base=2, layers=1), nn.Linear(2, 2)):
        with pytest.raises(ValueError, match=f"a {type(G).__name__} cannot be exported, only a UNet"):
            export.to_onnx(G, tmp_path / "g.onnx")


def test_the_critics_of_the_tests_are_no_part_of_the_file(tmp_path):
    """The file holds one generator: about as many bytes as its weights."""
    game = GAN(DCGenerator(width=8), DCDiscriminator(width=64))
    export.to_onnx(game.G, tmp_path / "g.onnx")
    assert (tmp_path / "g.onnx").stat().st_size < 1.1 * 4 * sum(p.numel() for p in game.G.parameters()) + 20_000
    assert np.isfinite(onnx_answers(tmp_path / "g.onnx", of_noise(2, 64)).numpy()).all()


def test_a_generator_that_was_loaded_is_exported_as_it_is(tmp_path):
    game = pix2pix_run(tmp_path)
    G = generators.load(tmp_path)
    assert export.to_onnx(G, str(tmp_path / "G.ONNX")) < export.LIMIT
    assert gap(tmp_path / "G.ONNX", pictures(1, 64, 64), in_eval(game.G, pictures(1, 64, 64))) < 1e-4


def test_mlp_and_its_critic_stay_apart():
    assert export.from_noise(MLPGenerator()) and not export.from_noise(MLPDiscriminator())
