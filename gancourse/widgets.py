"""Things to turn by hand: live ones in a running notebook, and ones that scrub in a page with no kernel."""

import base64
import io
import json
import uuid
from collections.abc import Callable, Sequence
from html import escape
from itertools import product

import torch
from PIL import Image
from torch import Tensor

from gancourse.plots import sheet


def scrub(images: Tensor, axes: dict[str, Sequence], *, columns: int = 1, zoom: int = 4):
    """One slider for each axis, over images made beforehand. Works in the static book, with no kernel.

    Args:
        images: (a, c, h, w) for one axis, (a, b, c, h, w) for two, in [-1, 1]; with ``columns`` n > 1 there is one
            more dimension before c, and that many images are shown together, n to a row.
        axes: the name of each axis with its captions, as in ``{"class": range(10), "noise": range(8)}``.
        columns: images in a row of one picture.
        zoom: screen pixels for a pixel.

    Returns:
        an IPython HTML object.
    """
    from IPython.display import HTML

    shape = [len(captions) for captions in axes.values()]
    if list(images.shape[: len(shape)]) != shape or 0 in shape:
        raise ValueError(f"images of shape {tuple(images.shape)} do not fit axes of lengths {shape}")
    pictures = [
        sheet(images[i] if images[i].dim() == 4 else images[i][None], columns) for i in product(*map(range, shape))
    ]
    h, w, _ = pictures[0].shape
    sprite = Image.new("RGB", (w, h * len(pictures)))
    for i, picture in enumerate(pictures):
        sprite.paste(Image.fromarray(picture), (0, h * i))
    return HTML(
        page(png(sprite.convert("L") if images.shape[-3] == 1 else sprite), axes, (h * zoom, w * zoom), len(pictures))
    )


def png(image: Image.Image) -> str:
    """A data address that holds the image."""
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def page(source: str, axes: dict[str, Sequence], size: tuple[int, int], n: int) -> str:
    """The HTML of sliders over a sprite of n pictures, one below the other."""
    h, w = size
    name = "scrub" + uuid.uuid4().hex[:8]
    sliders = "".join(
        f'<label style="display:flex;gap:.6em;align-items:center;margin:.3em 0">'
        f'<span style="min-width:5em">{escape(axis)}</span>'
        f'<input type="range" min="0" max="{len(captions) - 1}" value="0" style="flex:1;max-width:22em" '
        f'data-captions="{escape(json.dumps([str(c) for c in captions]))}" oninput="{name}()">'
        f"<output>{escape(str(captions[0]))}</output></label>"
        for axis, captions in axes.items()
    )
    script = f"""
    function {name}() {{
      const box = document.getElementById("{name}");
      let index = 0;
      for (const input of box.querySelectorAll("input")) {{
        index = index * (Number(input.max) + 1) + Number(input.value);
        input.nextElementSibling.textContent = JSON.parse(input.dataset.captions)[Number(input.value)];
      }}
      box.querySelector("[role=img]").style.backgroundPositionY = (100 * index / Math.max(1, {n - 1})) + "%";
    }}"""
    picture = (
        f'<div role="img" aria-label="picture chosen by the sliders below" style="width:100%;max-width:{w}px;'
        f"aspect-ratio:{w}/{h};background-image:url({source});background-size:100% {100 * n}%;"
        f'background-position-y:0%;image-rendering:pixelated;border-radius:4px"></div>'
    )
    return f'<div id="{name}" class="scrub" style="max-width:36em">{picture}{sliders}<script>{script}</script></div>'


def between(a: Tensor, b: Tensor, steps: int) -> Tensor:
    """From a to b along the great circle, (steps, d): Gaussian noise is long, and a straight line would cut short.

    Spherical interpolation after White 2016 (arXiv:1609.04468), sec. 2.1.

    Args:
        a, b: (d,), not parallel.
    """
    angle = torch.arccos((a @ b / (a.norm() * b.norm())).clamp(-1, 1))
    t = torch.linspace(0, 1, steps, device=a.device)[:, None]
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def explorer(picture: Callable[..., Tensor], **sliders):
    """Live sliders over a picture that is computed at each move. Needs a running notebook.

    Args:
        picture: takes the sliders' values by name, returns images (n, c, h, w) in [-1, 1].
        sliders: as in ``walk=(0.0, 1.0)`` or ``digit=range(10)``; a pair of floats is a continuous slider.
    """
    from ipywidgets import FloatSlider, Image, IntSlider, VBox, interactive_output

    controls = {}
    for name, values in sliders.items():
        if isinstance(values, tuple):
            controls[name] = FloatSlider(min=values[0], max=values[1], step=0.01, value=values[0], description=name)
        else:
            controls[name] = IntSlider(min=min(values), max=max(values), description=name)
    image = Image(format="png", width=224)

    def draw(**values):
        image.value = base64.b64decode(png(enlarged(picture(**values))).split(",")[1])

    interactive_output(draw, controls)
    return VBox([*controls.values(), image])


def enlarged(images: Tensor, zoom: int = 8) -> Image.Image:
    picture = Image.fromarray(sheet(images, columns=len(images)))
    return picture.resize((picture.width * zoom, picture.height * zoom), Image.Resampling.NEAREST)
