"""A generator from a file: a checkpoint of this course, or an official one."""

from pathlib import Path

from torch import Tensor, nn

from gancourse import checkpoint, pretrained
from gancourse.data.street_plan import CLASSES
from gancourse.networks.planes import Planes
from gancourse.networks.resnet import ResNetGenerator
from gancourse.networks.unet import UNet

State = dict[str, Tensor]
FORGERS = {"AtoB": "G", "BtoA": "F"}  # of a CycleGAN


def load(path: str | Path, player: str = "G", direction: str | None = None) -> nn.Module:
    """The generator in a file or in the folder of a run, on the CPU and in eval mode.

    Its architecture is read off its tensors, so it does not matter how the settings of the course have changed since.
    Where a checkpoint keeps a running mean of the player, that is what comes.

    Args:
        path: what :func:`gancourse.checkpoint.save` wrote, an official ``latest_net_G.pth``, ``latest_net_G_A.pth``
            or ``latest_net_G_B.pth``, or a folder with one of them or a ``game.pt``.
        player: the generator's name in the game. An official file holds one only.
        direction: "AtoB" or "BtoA" chooses the player of a CycleGAN, and the file among official ones; of anything
            else it must be the direction that was trained. None: the player as named, and A to B where a folder has
            official files for both.

    Raises:
        FileNotFoundError: there is no such file, or nothing of the kind in the folder.
        ValueError: the file is damaged, or holds no such generator; or another direction.
    """
    if direction not in (None, *FORGERS):
        raise ValueError(f"direction {direction!r}: choose AtoB or BtoA")
    path = found(Path(path), direction)
    try:
        state = checkpoint.read(path)
    except ValueError as no_checkpoint:
        try:
            net = pretrained.load_generator(path)
        except ValueError as no_weights:
            raise (no_weights if path.suffix == ".pth" else no_checkpoint) from None
        expect_direction(path, direction, direction_named(path))
        return in_planes(net)
    return of_game(state["networks"], path, chosen(state, path, direction) if direction else player)


def found(path: Path, direction: str | None = None) -> Path:
    """The file meant by a file or a folder."""
    both = [f"latest_net_G_{letter}.pth" for letter in "AB"]
    one = "latest_net_G.pth"
    names = ["game.pt", one, *both] if direction is None else ["game.pt", both[direction == "BtoA"], one]
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
    raise ValueError(f"{path} holds no player {player}, only {players or 'none at all'}: name another player or file")


def filled(state: State, path: Path, player: str) -> nn.Module:
    """The network that these tensors are of."""
    builders = {"downs.0.0.weight": as_unet, "encoder.1.weight": as_resnet}
    build = next((builder for name, builder in builders.items() if name in state), None)
    if build is None:
        what = f"its {player} turns no picture into a picture (it begins with {next(iter(state))})"
        raise ValueError(f"{path}: {what}: name another file")
    try:
        net = build(state)
        net.load_state_dict(state)
    except Exception as error:  # a damaged file may ask for anything
        kind = build.__name__.removeprefix("as_")
        what = "is damaged, or a variant unknown here: name another file"
        raise ValueError(f"{path}: its {player} looks like a {kind}, but {what}") from error
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
    return in_planes(ResNetGenerator(c, out, base, len(blocks), norm_of(state), dropout))


def in_planes(net: nn.Module) -> nn.Module:
    """A generator of label maps ends with the layer that makes planes of them; of this its tensors say nothing."""
    if isinstance(net, ResNetGenerator) and net.decoder[-2].out_channels == len(CLASSES):
        net.decoder[-1] = Planes()
    return net


def chosen(state: dict, path: Path, direction: str) -> str:
    """The player of a saved game that goes in this direction, or ValueError if none does."""
    if {"G", "F"} <= {name.split(".")[0] for name in state["networks"]}:
        return FORGERS[direction]
    expect_direction(path, direction, state["about"].get("direction"))
    return "G"


def direction_named(path: Path) -> str | None:
    """What the name of an official file says: CycleGAN's G_A goes from A to B."""
    return {"_G_A": "AtoB", "_G_B": "BtoA"}.get(path.stem[-4:])


def expect_direction(path: Path, asked: str | None, has: str | None) -> None:
    """Raise ValueError, with the mend, if a file with one generator does not go in the direction that is asked for."""
    if asked and not has:
        raise ValueError(f"{path} holds one generator and does not say which way it goes: leave the direction away")
    if asked and asked != has:
        raise ValueError(f"{path} goes {has}, not {asked}: ask for {has}, or name another checkpoint")
