"""A convolutional pair for 28 px images: DCGAN's convolutions, with a fully connected layer at the small end.

The convolutions follow Radford et al. 2015 (arXiv:1511.06434), fig. 1; the hidden fully connected layers, which let
the players think about the whole picture at once, follow the MNIST networks of InfoGAN, Chen et al. 2016
(arXiv:1606.03657), appendix C.1.

Differs from the papers: half the width or less; the label, if any, by concatenation.
"""

from torch import Tensor, nn

from gancourse.networks.blocks import init_normal, tell


class DCGenerator(nn.Module):
    """Noise to a 28 px image: two fully connected layers to 7 x 7, then double twice by transposed convolution.

    Args:
        z_dim: length of the noise.
        width: channels at 14 px; twice as many at 7 px.
        hidden: units of the first layer.
        classes: number of classes if a label comes with the noise, else 0.
    """

    def __init__(self, z_dim: int = 64, width: int = 32, hidden: int = 512, classes: int = 0):
        super().__init__()
        self.z_dim, self.classes, self.shape = z_dim, classes, (1, 28, 28)
        self.net = nn.Sequential(
            nn.Linear(z_dim + classes, hidden, bias=False),  # (n, hidden)
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Linear(hidden, 2 * width * 7 * 7, bias=False),
            nn.Unflatten(1, (2 * width, 7, 7)),  # (n, 2 width, 7, 7)
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False),  # (n, width, 14, 14)
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1),  # (n, 1, 28, 28)
            nn.Tanh(),
        )
        init_normal(self)

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """z: (n, z_dim), y: (n,) or None -> images (n, 1, 28, 28) in (-1, 1)."""
        return self.net(tell(z, y, self.classes))


class DCDiscriminator(nn.Module):
    """A 28 px image to one logit: halve twice by strided convolution, then two fully connected layers.

    Args:
        width: channels at 14 px; twice as many at 7 px.
        hidden: units of the layer before the last.
        classes: number of classes if a label comes with the image (as planes), else 0.
    """

    def __init__(self, width: int = 32, hidden: int = 256, classes: int = 0):
        super().__init__()
        self.classes, self.shape = classes, (1, 28, 28)
        self.net = nn.Sequential(
            nn.Conv2d(1 + classes, width, 4, stride=2, padding=1),  # (n, width, 14, 14)
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False),  # (n, 2 width, 7, 7)
            nn.BatchNorm2d(2 * width),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(2 * width * 7 * 7, hidden, bias=False),  # (n, hidden)
            nn.BatchNorm1d(hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, 1),
        )
        init_normal(self)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """x: (n, 1, 28, 28), y: (n,) or None -> logits (n, 1)."""
        return self.net(tell(x, y, self.classes))
