"""A generator from a file: a checkpoint of this course, or an official one."""

from pathlib import Path

from torch import Tensor, nn

from gancourse import checkpoint, pretrained
from gancourse.networks.resnet import ResNetGenerator
from gancourse.networks.unet import UNet

State = dict[str, Tensor]


def load(path: str | Path, player: str = "G") -> nn.Module:
    """The generator in a file or in the folder of a run, on the CPU and in eval mode.

    Its architecture is read off its tensors, so it does not matter how the settings of the course have changed since.
    Where a checkpoint keeps a running mean of the player, that is what comes.

    Args:
        path: what :func:`gancourse.checkpoint.save` wrote, an official ``latest_net_G.pth``, or a folder with a
            ``game.pt`` or a ``latest_net_G.pth``.
        player: the generator's name in the game. An official file holds one only.

    Raises:
        FileNotFoundError: there is no such file, or nothing of the kind in the folder.
        ValueError: the file is damaged, or holds no such generator.
    """
    path = found(Path(path))
    try:
        state = checkpoint.read(path)
    except ValueError as no_checkpoint:
        try:
            return pretrained.load_generator(path)
        except ValueError as no_weights:
            raise (no_weights if path.suffix == ".pth" else no_checkpoint) from None
    return of_game(state["networks"], path, player)


def found(path: Path) -> Path:
    """The file meant by a file or a folder."""
    names = ("game.pt", "latest_net_G.pth")
    if path.is_dir():
        here = [path / name for name in names if (path / name).is_file()]
        if not here:
            raise FileNotFoundError(f"{path} holds no {' and no '.join(names)}: train first, or name another folder")
        return here[0]
    if not path.is_file():
        raise FileNotFoundError(f"there is no checkpoint {path}: train first, or name another file or folder")
    return path


def of_game(networks: State, path: Path, player: str) -> nn.Module:
    """The player of a saved game, or the running mean of it."""
    for prefix in (f"averages.{player}.module.", f"{player}."):
        state = {name.removeprefix(prefix): value for name, value in networks.items() if name.startswith(prefix)}
        if state:
            return filled(state, path, player)
    players = ", ".join(sorted({name.split(".")[0] for name in networks} - {"averages"}))
    raise ValueError(f"{path} holds no player {player}, only {players}")


def filled(state: State, path: Path, player: str) -> nn.Module:
    """The network that these tensors are of."""
    builders = {"downs.0.0.weight": as_unet, "encoder.1.weight": as_resnet}
    build = next((builder for name, builder in builders.items() if name in state), None)
    if build is None:
        raise ValueError(f"{path}: its {player} turns no picture into a picture (it begins with {next(iter(state))})")
    try:
        net = build(state)
        net.load_state_dict(state)
    except (RuntimeError, LookupError, ValueError) as error:
        kind = build.__name__.removeprefix("as_")
        raise ValueError(f"{path}: its {player} looks like a {kind}, but is a variant unknown here") from error
    return net.eval()


def norm_of(state: State) -> type[nn.Module]:
    return nn.BatchNorm2d if any(name.endswith("running_mean") for name in state) else nn.InstanceNorm2d


def as_unet(state: State) -> UNet:
    base, c = state["downs.0.0.weight"].shape[:2]
    downs = len({name.split(".")[1] for name in state if name.startswith("downs.")})
    out = state[f"ups.{downs - 1}.1.weight"].shape[1]
    skips = state["ups.1.1.weight"].shape[0] == 2 * state["ups.0.1.weight"].shape[1]
    return UNet(c, out, base, downs, norm_of(state), skips=skips)


def as_resnet(state: State) -> ResNetGenerator:
    base, c = state["encoder.1.weight"].shape[:2]
    out = [value for name, value in state.items() if name.startswith("decoder.")][-1].shape[0]
    blocks = {name.split(".")[1] for name in state if name.startswith("transformer.")}
    moved = any(name.endswith(".net.6.weight") and value.dim() == 4 for name, value in state.items())
    dropout = 0.5 if moved else 0.0  # it moves the second convolution by one place
    return ResNetGenerator(c, out, base, len(blocks), norm_of(state), dropout)
