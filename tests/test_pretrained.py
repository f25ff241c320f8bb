"""Official checkpoints: read into our networks, written back, and told by name where they are something else."""

import os

import pytest
import torch

from gancourse import checkpoint, generators, pretrained
from gancourse.games.pix2pix import Pix2Pix
from gancourse.networks.patchgan import PatchGAN
from gancourse.networks.unet import UNet
from tests.networks.test_reference import GOLDEN, build, formula_input

SMALL = 8  # base width: names do not depend on it


def official(golden: dict, scale: int = SMALL) -> dict[str, torch.Tensor]:
    """A state dict with the reference's names and shapes, the widths divided by 64 / scale."""

    def narrow(shape):
        return [max(1, d * scale // 64) if d >= 64 else d for d in shape]

    g = torch.Generator().manual_seed(0)
    return {
        name: torch.randn(narrow(shape), generator=g) if "batches" not in name else torch.tensor(3)
        for name, shape in golden["state_dict"].items()
    }


def load(golden, path):
    is_critic = golden["network"].startswith("D ")
    return (pretrained.load_discriminator if is_critic else pretrained.load_generator)(path)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda g: g["network"])
def test_there_and_back(golden, tmp_path):
    state = official(golden)
    torch.save(state, tmp_path / "a.pth")
    net = load(golden, tmp_path / "a.pth")
    assert not net.training
    is_critic = golden["network"].startswith("D ")
    (pretrained.save_discriminator if is_critic else pretrained.save_generator)(net, tmp_path / "b.pth")
    again = torch.load(tmp_path / "b.pth", weights_only=True)
    assert list(again) == list(state) and all(torch.equal(again[k], state[k]) for k in state)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda g: g["network"])
def test_names_are_the_references(golden):
    if "dropout" in golden["network"] and "resnet" in golden["network"]:
        from gancourse.networks.resnet import ResNetGenerator

        net = ResNetGenerator(blocks=int(golden["network"][7]), dropout=0.5)
    else:
        net = build(golden["network"])
    assert pretrained.reference_names(net) == list(golden["state_dict"])


def by_name(name: str) -> dict:
    return next(g for g in GOLDEN if g["network"] == name)


def test_old_files_prefix_statistics_and_missing_counters(tmp_path):
    state = official(by_name("resnet_9blocks instance"))
    old = {f"module.{k}": v for k, v in state.items()}
    old |= {"module.model.2.running_mean": torch.zeros(8), "module.model.2.running_var": torch.ones(8)}
    torch.save(old, tmp_path / "old.pth")
    torch.save(state, tmp_path / "new.pth")
    x = formula_input([1, 3, 32, 32])
    a, b = [pretrained.load_generator(tmp_path / f"{n}.pth")(x) for n in ("old", "new")]
    assert torch.equal(a, b)
    state = official(by_name("D basic n_layers=3 batch"))
    torch.save({k: v for k, v in state.items() if "num_batches" not in k}, tmp_path / "d.pth")
    assert pretrained.load_discriminator(tmp_path / "d.pth")(torch.zeros(1, 6, 64, 64)).shape == (1, 1, 6, 6)


@pytest.mark.parametrize(
    ("network", "loader", "message"),
    [
        ("resnet_9blocks instance", "load_discriminator", "this is a resnet_9blocks generator.*load_generator"),
        ("unet_128 batch", "load_discriminator", "this is a unet_128 generator"),
        ("D basic n_layers=3 batch", "load_generator", "PatchGAN .3 layers. discriminator.*load_discriminator"),
        ("D pixel n_layers=3 batch", "load_generator", "this is a pixel discriminator"),
    ],
)
def test_a_wrong_architecture_is_told_by_name(network, loader, message, tmp_path):
    torch.save(official(by_name(network)), tmp_path / "a.pth")
    with pytest.raises(ValueError, match=message):
        getattr(pretrained, loader)(tmp_path / "a.pth")


def test_what_is_no_checkpoint_is_told_and_nothing_is_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    state = official(by_name("unet_256 batch"))
    state.pop("model.model.3.bias")
    for name, content, message in (
        ("evil.pth", Evil(), "holds no weights"),
        ("list.pth", [1, 2], "something else"),
        ("other.pth", {"a.weight": torch.zeros(2)}, "no network of the reference.*a.weight"),
        ("part.pth", state, "lacks model.model.3.bias"),
        ("more.pth", official(by_name("unet_256 batch")) | {"x": torch.zeros(1)}, "has x beside"),
    ):
        torch.save(content, tmp_path / name)
        with pytest.raises(ValueError, match=message):
            pretrained.load_generator(tmp_path / name)
    assert not (tmp_path / "ran").exists()
    with pytest.raises(FileNotFoundError, match="none.pth"):
        pretrained.load_generator(tmp_path / "none.pth")


def test_why_a_file_cannot_be_read_is_told(tmp_path):
    torch.save(official(by_name("unet_256 batch")), path := tmp_path / "a.pth")
    whole = path.read_bytes()
    torch.save(official(by_name("unet_256 batch")), path, _use_new_zipfile_serialization=False)
    old = path.read_bytes()
    contents = {"it is empty": b"", "it is cut off": whole[:-1000], "cut off, or torch did not": old[: len(old) // 2]}
    for told, content in contents.items():
        path.write_bytes(content)
        with pytest.raises(ValueError, match=rf"a.pth holds no weights, or is damaged \(.*{told}.*\): fetch it again"):
            pretrained.load_generator(path)


@pytest.mark.parametrize(
    "network", ["unet_256 batch", "resnet_9blocks instance", "D basic n_layers=3 batch", "D pixel"]
)
def test_a_state_dict_with_a_wrong_tensor_is_told(network, tmp_path):
    golden = next(g for g in GOLDEN if g["network"].startswith(network))
    whole = official(golden)
    wrong = (3, "text", None, [1.0], torch.zeros(3, dtype=torch.int64), torch.zeros(2, dtype=torch.complex64))
    for name in list(whole)[:1] + list(whole)[-1:]:
        shapes = (torch.zeros(()), torch.zeros(5), torch.zeros(1, 1, 1, 1))
        for value in (*wrong, *shapes):
            torch.save(whole | {name: value}, tmp_path / "a.pth")
            with pytest.raises(ValueError, match=r"a\.pth.*(fetch it again|Fetch it again|name another file)"):
                load(golden, tmp_path / "a.pth")
    for value in (whole | {3: torch.zeros(1)}, dict.fromkeys(whole, torch.zeros(())), {}, "text", None):
        torch.save(value, tmp_path / "a.pth")
        with pytest.raises(ValueError, match=r"a\.pth.*(fetch it again|Fetch it again|name another file)"):
            load(golden, tmp_path / "a.pth")


def test_each_tensor_that_is_missing_or_of_another_shape_is_told(tmp_path):
    """Whatever a file lacks: an error with its name, from the official one and from a checkpoint of the course."""
    game = Pix2Pix(UNet(base=2, downs=5), PatchGAN(base=2, layers=1))
    checkpoint.save(game, tmp_path / "game.pt")
    pretrained.save_generator(game.G, tmp_path / "a.pth")
    for file in ("game.pt", "a.pth"):
        whole = torch.load(tmp_path / file, weights_only=True)
        state = whole["networks"] if file == "game.pt" else whole
        for name in [name for name in state if not name.startswith("D.") and "num_batches" not in name]:
            kept = state.pop(name)
            for value in (None, torch.zeros(()), torch.zeros(1, 2, 3)):
                state |= {} if value is None else {name: value}
                torch.save(whole, tmp_path / f"bad_{file}")
                with pytest.raises(ValueError, match=rf"bad_{file}.*(etch it again|name another file)"):
                    generators.load(tmp_path / f"bad_{file}")
            state[name] = kept
