"""The pair of multilayer perceptrons that circulates in GAN tutorials (G 100-256-512-1024-784, D 784-512-256-1)."""

from math import prod

from torch import Tensor, nn

from gancourse.networks.blocks import tell


class MLPGenerator(nn.Module):
    """Noise to image through four fully connected layers.

    Args:
        z_dim: length of the noise.
        shape: (c, h, w) of the images.
        classes: number of classes if a label comes with the noise, else 0.
        hidden: widths of the hidden layers. Each but the first is followed by BatchNorm, each by LeakyReLU 0.2.
    """

    def __init__(self, z_dim: int = 100, shape=(1, 28, 28), classes: int = 0, hidden=(256, 512, 1024)):
        super().__init__()
        self.z_dim, self.shape, self.classes = z_dim, tuple(shape), classes
        layers = [nn.Linear(z_dim + classes, hidden[0]), nn.LeakyReLU(0.2)]
        for a, b in zip(hidden, hidden[1:], strict=False):
            layers += [nn.Linear(a, b), nn.BatchNorm1d(b), nn.LeakyReLU(0.2)]
        self.net = nn.Sequential(*layers, nn.Linear(hidden[-1], prod(shape)), nn.Tanh())

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """z: (n, z_dim), y: (n,) or None -> images (n, c, h, w) in (-1, 1)."""
        return self.net(tell(z, y, self.classes)).view(-1, *self.shape)


class MLPDiscriminator(nn.Module):
    """Image to one logit through three fully connected layers, with dropout against too quick a victory.

    Args:
        shape: (c, h, w) of the images.
        classes: number of classes if a label comes with the image, else 0.
        hidden: widths of the hidden layers, each followed by LeakyReLU 0.2 and dropout.
        dropout: probability with which a unit is silenced.
    """

    def __init__(self, shape=(1, 28, 28), classes: int = 0, hidden=(512, 256), dropout: float = 0.3):
        super().__init__()
        self.shape, self.classes = tuple(shape), classes
        widths = [prod(shape) + classes, *hidden]
        layers = []
        for a, b in zip(widths, widths[1:], strict=False):
            layers += [nn.Linear(a, b), nn.LeakyReLU(0.2), nn.Dropout(dropout)]
        self.net = nn.Sequential(*layers, nn.Linear(hidden[-1], 1))

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """x: (n, c, h, w), y: (n,) or None -> logits (n, 1)."""
        return self.net(tell(x.flatten(1), y, self.classes))
