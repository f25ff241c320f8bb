"""Small pieces that several networks share."""

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot


def init_normal(net: nn.Module) -> nn.Module:
    """Draw weights from N(0, 0.02), set biases to 0; BatchNorm: gamma from N(1, 0.02), beta 0. Returns `net`.

    Radford et al. 2015 (arXiv:1511.06434), sec. 4.
    """
    for m in net.modules():
        if isinstance(m, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(m.weight, 0.0, 0.02)
        elif isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d) and m.affine:
            nn.init.normal_(m.weight, 1.0, 0.02)
        else:
            continue
        if m.bias is not None:
            nn.init.zeros_(m.bias)
    return net


def tell(x: Tensor, y: Tensor | None, classes: int) -> Tensor:
    """Concatenate the label to what a network sees: Mirza & Osindero 2014 (arXiv:1411.1784), fig. 1.

    A vector (n, d) becomes (n, d + classes); an image (n, c, h, w) becomes (n, c + classes, h, w), with one plane
    of ones for the class and planes of zeros for the others. With ``classes=0`` x is returned as it is.

    Args:
        x: (n, d) or (n, c, h, w), float.
        y: (n,) integers in 0 .. classes - 1.

    Raises:
        ValueError: a label is missing, unwanted, or out of range.
    """
    if classes == 0:
        if y is not None:
            raise ValueError("this network was made without classes and got a label: make it with classes=10")
        return x
    if y is None:
        raise ValueError(f"this network was made with {classes} classes and got no label")
    code = one_hot(y, classes).to(x.dtype)  # (n, classes); raises on a label out of range
    if x.dim() == 4:
        code = code[:, :, None, None].expand(-1, -1, *x.shape[2:])  # (n, classes, h, w)
    return torch.cat([x, code], dim=1)
