"""Official checkpoints: read into our networks, written back, and told by name where they are something else."""

import os

import pytest
import torch

from gancourse import pretrained
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
