"""A trained generator as an ONNX file, which runs without torch: in a page, in another language, on another device.

from gancourse import export, generators
export.to_onnx(generators.load("runs/street"), "street.onnx")
"""

import warnings
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.export import Dim

from gancourse.files import written
from gancourse.games.pix2pix import answer
from gancourse.networks.resnet import ResNetGenerator
from gancourse.networks.unet import UNet
from gancourse.translate import channels

LIMIT = 1e-4  # largest difference to torch; a shade of 8 bits is 80 times as much
OPSET = 18
PACKAGES = ("onnx", "onnxscript", "onnxruntime")


class NotInstalled(ImportError):
    """A package that only the export needs is missing."""


def to_onnx(G: nn.Module, path: str | Path, *, batch_statistics: bool = False) -> float:
    """Write G in eval mode, once onnxruntime's answers agree with torch's on random inputs of several sizes.

    The file takes batches of any number n. What goes in and what comes out, float32 but for y:

    - a generator from noise: ``z`` (n, z_dim) and, if it was made with classes, ``y`` (n,), int64 in 0 .. classes - 1
      (the file does not check them), to ``images`` (n, c, h, w) in [-1, 1];
    - a UNet or a ResNetGenerator: ``x`` (n, c, h, w) in [-1, 1] to ``answer`` (n, c', h, w) in [-1, 1]. The sides of a
      UNet's pictures are multiples of ``2**downs``, those of a ResNetGenerator's at least 8.

    Args:
        G: a generator with an attribute ``z_dim``, a UNet, or a ResNetGenerator; left as it was.
        path: its name ends in ``.onnx``.
        batch_statistics: BatchNorm takes mean and spread from each picture on its own, as in
            :func:`~gancourse.games.pix2pix.answer`: in the file it is an instance norm.

    Returns:
        The largest difference between onnxruntime's answers and torch's.

    Raises:
        NotInstalled: onnx, onnxscript or onnxruntime is not installed.
        ValueError: the name ends in something else; G is of another kind; batch statistics of noise are asked for; or
            the answers differ by more than LIMIT. No file is written.
        OSError: the file cannot be written.
    """
    path = expect_name(path)
    expect_packages()
    expect_generator(G, batch_statistics)
    G = deepcopy(G).cpu().eval()
    model = exported(with_instance_norms(deepcopy(G)) if batch_statistics else G)
    gap = difference(model, G, batch_statistics)
    if not gap <= LIMIT:  # NaN, too
        told = f"onnxruntime's answers differ from torch's by {gap:.2g}, more than {LIMIT:g}"
        raise ValueError(f"{path} is not written: {told}. Update torch, {', '.join(PACKAGES)}, or report this network")
    with written(path) as partial:
        partial.write_bytes(model)
    return gap


def described(G: nn.Module) -> str:
    """What goes into the file of this generator and what comes out of it, in one line."""
    if from_noise(G):
        told = f" and y: labels (n,), int64 in 0 .. {G.classes - 1}" if labelled(G) else ""
        return f"z: noise (n, {G.z_dim}) from N(0, 1){told}; images: (n, {', '.join(map(str, G.shape))}) in [-1, 1]"
    into, out = channels(G)
    side, smallest = sides(G)
    which = f"multiples of {side}" if side > 1 else f"at least {smallest}"
    return f"x: pictures (n, {into}, h, w) in [-1, 1], h and w {which}; answer: (n, {out}, h, w) in [-1, 1]"


def expect_name(path: str | Path) -> Path:
    """The path, or ValueError unless it is called like an ONNX file."""
    if Path(path).suffix.lower() != ".onnx":
        raise ValueError(f"cannot write {path}: the name must end in .onnx")
    return Path(path)


def expect_packages() -> None:
    """Raise NotInstalled, with the mend, unless all that is needed is installed."""
    if missing := [name for name in PACKAGES if find_spec(name) is None]:
        verb = "is" if len(missing) == 1 else "are"
        mend = 'pip install "gancourse[export]"'
        raise NotInstalled(f"{' and '.join(missing)} {verb} not installed, which writing ONNX needs: {mend}")


def expect_generator(G: nn.Module, batch_statistics: bool) -> None:
    """Raise ValueError unless G can be exported in this way."""
    if from_noise(G) and batch_statistics:
        raise ValueError("batch statistics are for pictures, and this generator takes noise: leave them away")
    if not from_noise(G) and not isinstance(G, UNet | ResNetGenerator):
        kinds = "a UNet, a ResNetGenerator, or a generator from noise with a z_dim"
        raise ValueError(f"a {type(G).__name__} cannot be exported, only {kinds}: hand in one of those")


def from_noise(G: nn.Module) -> bool:
    return hasattr(G, "z_dim")


def labelled(G: nn.Module) -> bool:
    return getattr(G, "classes", 0) > 0


def sides(G: nn.Module) -> tuple[int, int]:
    """Sides of pictures must be multiples of the first number, and no smaller than the second."""
    return (2**G.downs_count, 2**G.downs_count) if isinstance(G, UNet) else (1, 8)


def with_instance_norms(net: nn.Module) -> nn.Module:
    """In place: BatchNorm that takes its statistics from one picture is an instance norm with the same weights."""
    for module in list(net.modules()):
        for name, norm in module.named_children():
            if isinstance(norm, nn.BatchNorm2d):
                setattr(module, name, instance_norm(norm))
    return net.eval()


def instance_norm(norm: nn.BatchNorm2d) -> nn.InstanceNorm2d:
    same = nn.InstanceNorm2d(norm.num_features, norm.eps, affine=norm.affine)
    same.load_state_dict({name: value for name, value in norm.state_dict().items() if name in ("weight", "bias")})
    return same


def exported(net: nn.Module) -> bytes:
    """The network as an ONNX file."""
    inputs = examples(net, 2, *sample_sides(net, 1, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # z and y have one n
        program = torch.onnx.export(
            net,
            tuple(inputs.values()),
            input_names=list(inputs),
            output_names=["images" if from_noise(net) else "answer"],
            dynamic_shapes=tuple(dynamic(net, name) for name in inputs),
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    return tidied(program.model_proto, described(net)).SerializeToString()


def dynamic(net: nn.Module, name: str) -> dict:
    """The dimensions of an input that may change."""
    if name != "x":
        return {0: Dim("n")}
    side, smallest = sides(net)
    h, w = [Dim(letter, min=smallest // side) for letter in "hw"]
    return {0: Dim("n"), 2: side * h if side > 1 else h, 3: side * w if side > 1 else w}


def tidied(model, text: str):
    """In place: drop what the exporter notes beside each node, among it folders of this machine; say what goes in."""
    graph = model.graph
    graph.ClearField("value_info")
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    model.doc_string = text
    x, y = [value.type.tensor_type.shape.dim for value in (graph.input[0], graph.output[0])]
    if graph.input[0].name == "x":  # an answer has the sides of its picture; the exporter has a formula there
        for axis in (2, 3):
            y[axis].CopyFrom(x[axis])
    return model


def difference(model: bytes, G: nn.Module, batch_statistics: bool = False) -> float:
    """The largest difference between onnxruntime's answers and torch's: one input, and three at once of other sides."""
    gaps = []
    for n, more in ((1, 0), (3, 1)):
        inputs = examples(G, n, *sample_sides(G, 0, more))
        gaps.append((run(model, inputs) - in_torch(G, inputs, batch_statistics)).abs().max())
    return torch.stack(gaps).max().item()


def examples(G: nn.Module, n: int, h: int, w: int) -> dict[str, Tensor]:
    """Random inputs by name; the sides are those of pictures."""
    random = torch.Generator().manual_seed(n)
    if not from_noise(G):
        return {"x": 2 * torch.rand(n, channels(G)[0], h, w, generator=random) - 1}
    inputs = {"z": torch.randn(n, G.z_dim, generator=random)}
    return inputs | ({"y": torch.randint(G.classes, (n,), generator=random)} if labelled(G) else {})


def sample_sides(G: nn.Module, *steps: int) -> list[int]:
    """Sides of small pictures that G takes, each larger by so many steps."""
    side, smallest = sides(G)
    return [max(32, smallest) + step * side for step in steps]


def run(model: bytes, inputs: dict[str, Tensor]) -> Tensor:
    """What onnxruntime answers, on as many threads as torch has."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return torch.from_numpy(session.run(None, {name: value.numpy() for name, value in inputs.items()})[0])


@torch.no_grad()
def in_torch(G: nn.Module, inputs: dict[str, Tensor], batch_statistics: bool) -> Tensor:
    """What torch answers, to each picture on its own."""
    if from_noise(G):
        return G(*inputs.values())
    return torch.cat([answer(G, one, batch_statistics=batch_statistics) for one in inputs["x"].split(1)])
