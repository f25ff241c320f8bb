"""Official pix2pix and CycleGAN checkpoints into our networks and back.

The reference project (junyanz/pytorch-CycleGAN-and-pix2pix) stores a state dict, `latest_net_G.pth` or
`latest_net_D.pth`. Our networks hold the same tensors in the same order under names of their own, so that a file is
read by recognizing its architecture, writing down the reference's names in order, and renaming one by one.
"""

import re
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from gancourse import weights
from gancourse.files import written
from gancourse.networks.patchgan import PatchGAN, PixelGAN
from gancourse.networks.resnet import ResNetGenerator
from gancourse.networks.unet import UNet

State = dict[str, Tensor]


def load_generator(path: str | Path) -> nn.Module:
    """The generator in an official file, in eval mode: a U-Net, or a ResNet with any number of blocks.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file holds no state dict, or another architecture, which is named.
    """
    return load(path, {"unet": as_unet, "resnet": as_resnet}, "generator")


def load_discriminator(path: str | Path) -> nn.Module:
    """The critic in an official file, in eval mode: a PatchGAN, or the 1 x 1 critic. Errors as for generators."""
    return load(path, {"patch": as_patch, "pixel": as_pixel}, "discriminator")


def save_generator(net: UNet | ResNetGenerator, path: str | Path) -> None:
    """Write a generator of ours under the reference's names."""
    save(net, path)


def save_discriminator(net: PatchGAN | PixelGAN, path: str | Path) -> None:
    """Write a critic of ours under the reference's names."""
    save(net, path)


def load(path: str | Path, builders: dict, wanted: str) -> nn.Module:
    """Recognize, build, rename, fill."""
    state = read(path)
    kind, title = recognize(state, path)
    if kind not in builders:
        raise ValueError(f"{path}: this is a {title}, not a {wanted}: load it with load_{title.split()[-1]}")
    looks = f"{path}: this looks like a {title}"
    net, names = built(builders[kind], state, looks)
    missing = [n for n in names if n not in state and not n.endswith("num_batches_tracked")]  # old files lack those
    extra = sorted(set(state) - set(names))
    if missing or extra:
        what = f"lacks {missing[0]}" if missing else f"has {extra[0]} beside them"
        raise ValueError(f"{looks}, but {what}: {UNKNOWN}")
    ours = net.state_dict()
    try:
        net.load_state_dict({mine: state.get(name, ours[mine]) for mine, name in zip(ours, names, strict=True)})
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise ValueError(f"{looks}, but a tensor has another shape ({reason}): {UNKNOWN}") from None
    return net.eval()


def built(build: Callable[[State], nn.Module], state: State, looks: str) -> tuple[nn.Module, list[str]]:
    """The network that these tensors ask for, not filled yet, and the reference's names for its own."""
    try:
        net = build(state)
        return net, reference_names(net)
    except Exception as error:  # a damaged file may ask for anything
        raise ValueError(f"{looks}, but its tensors make no network: {UNKNOWN}") from error


def save(net: nn.Module, path: str | Path) -> None:
    state = dict(zip(reference_names(net), net.state_dict().values(), strict=True))
    with written(path) as partial, open(partial, "wb") as file:
        torch.save({name: value.detach().cpu() for name, value in state.items()}, file)


def read(path: str | Path) -> State:
    """The state dict in a file, without DataParallel's prefix and without InstanceNorm's running statistics."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        state = weights.read(path)
    except weights.Damaged as error:
        raise ValueError(f"{path} holds no weights, or is damaged ({error}): {MEND}") from error
    if not isinstance(state, dict) or not all(is_entry(name, value) for name, value in state.items()):
        raise ValueError(f"{path} holds something else than a state dict of one network: {MEND}")
    state = {name.removeprefix("module."): value for name, value in state.items()}
    return {name: value for name, value in state.items() if not leftover(name, state)}


MEND = "fetch it again, or name another file"
UNKNOWN = f"it is damaged, or a variant unknown here. {MEND.capitalize()}"


def is_entry(name: object, value: object) -> bool:
    """Whether this is a network's name for a tensor, and a tensor of fractions, or a norm's count of batches."""
    if not isinstance(name, str) or not isinstance(value, Tensor):
        return False
    return value.is_floating_point() or name.endswith("num_batches_tracked")


STATISTICS = re.compile(r"(.*)\.(running_mean|running_var|num_batches_tracked)")


def leftover(name: str, state: State) -> bool:
    """Whether this is a running statistic of a norm without weight: an InstanceNorm that old versions tracked."""
    found = STATISTICS.fullmatch(name)
    return found is not None and f"{found[1]}.weight" not in state


def recognize(state: State, path: str | Path) -> tuple[str, str]:
    """The kind of network, and the reference's name for it."""
    if blocks := count_blocks(state):
        return "resnet", f"resnet_{blocks}blocks generator"
    if "model.model.0.weight" in state and any(name.startswith("model.model.1.") for name in state):
        return "unet", f"unet_{2 ** count_downs(state)} generator"
    if "net.0.weight" in state:
        return "pixel", "pixel discriminator"
    if "model.0.weight" in state and state["model.0.weight"].shape[-1:] == (4,):
        return "patch", f"PatchGAN ({count_layers(state)} layers) discriminator"
    some = ", ".join(list(state)[:3]) or "nothing"
    raise ValueError(f"{path} is no network of the reference project (it begins with {some}): name another file")


def count_blocks(state: State) -> int:
    return len({found[1] for name in state if (found := re.match(r"model\.(\d+)\.conv_block\.", name))})


def count_downs(state: State) -> int:
    return 2 + max(name.count(".3.model") for name in state if name.startswith("model.model.1."))


def count_layers(state: State) -> int:
    return sum(name.endswith("weight") and value.dim() == 4 for name, value in state.items()) - 2


def norm_of(state: State) -> type[nn.Module]:
    return nn.BatchNorm2d if any(name.endswith("running_mean") for name in state) else nn.InstanceNorm2d


def as_unet(state: State) -> UNet:
    base, c = state["model.model.0.weight"].shape[:2]
    out = state["model.model.3.weight"].shape[1]
    return UNet(c, out, base, count_downs(state), norm_of(state))


def as_resnet(state: State) -> ResNetGenerator:
    base, c = state["model.1.weight"].shape[:2]
    out = [value for name, value in state.items() if name.endswith(".bias")][-1].shape[0]
    dropout = 0.5 if any(".conv_block.6.weight" in n and v.dim() == 4 for n, v in state.items()) else 0.0
    return ResNetGenerator(c, out, base, count_blocks(state), norm_of(state), dropout)


def as_patch(state: State) -> PatchGAN:
    base, c = state["model.0.weight"].shape[:2]
    return PatchGAN(c, base, count_layers(state), norm_of(state))


def as_pixel(state: State) -> PixelGAN:
    base, c = state["net.0.weight"].shape[:2]
    return PixelGAN(c, base, norm_of(state))


def reference_names(net: nn.Module) -> list[str]:
    """The reference's name for each entry of our network's state dict, in order."""
    paths = {UNet: unet_paths, ResNetGenerator: resnet_paths, PatchGAN: chain_paths, PixelGAN: chain_paths}
    layers = list(dict.fromkeys(name.rpartition(".")[0] for name in net.state_dict()))
    renamed = dict(zip(layers, paths[type(net)](net), strict=True))
    return [f"{renamed[layer]}.{leaf}" for layer, _, leaf in (name.rpartition(".") for name in net.state_dict())]


def unet_paths(net: UNet) -> list[str]:
    """A U-Net of the reference is nested: each block holds its down, the next block, and its up."""
    last, batch = net.downs_count - 1, any(isinstance(m, nn.BatchNorm2d) for m in net.modules())
    prefix = ["model.model."] + ["model.model.1.model." + "3.model." * d for d in range(last)]
    downs, ups = [f"{prefix[0]}0"], [f"{prefix[0]}3"]
    for d in range(1, last + 1):
        innermost = d == last
        downs += [f"{prefix[d]}1"] + [f"{prefix[d]}2"] * (batch and not innermost)
        ups = [f"{prefix[d]}{3 if innermost else 5}"] + [f"{prefix[d]}{4 if innermost else 6}"] * batch + ups
    return downs + ups


def resnet_paths(net: ResNetGenerator) -> list[str]:
    """The reference numbers all layers in one chain, with a residual block as one link."""
    encoder = chain_paths(net.encoder, "model.")
    n, blocks = len(net.encoder), len(net.transformer)
    middle = [path for i, b in enumerate(net.transformer) for path in chain_paths(b.net, f"model.{n + i}.conv_block.")]
    return encoder + middle + chain_paths(net.decoder, "model.", first=n + blocks)


def chain_paths(net: nn.Module, prefix: str = "", first: int = 0) -> list[str]:
    """Names of the layers of a chain that hold tensors: their places in it."""
    if isinstance(net, PatchGAN | PixelGAN):
        net, prefix = net.net, "net." if isinstance(net, PixelGAN) else "model."
    return [f"{prefix}{first + i}" for i, layer in enumerate(net) if layer.state_dict()]
