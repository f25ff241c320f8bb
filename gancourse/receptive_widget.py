"""Point at a logit, see the square of pixels that it judges: as a page with no kernel, and live on one's own critic."""

import base64
import io
import json
import uuid
from string import Template

import torch
from PIL import Image
from torch import Tensor, nn

from gancourse.plots import sheet
from gancourse.receptive import map_side, seen_by, squares
from gancourse.widgets import explorer


def explore(critics: dict[str, nn.Module], pictures: list[Tensor], start: str | None = None):
    """A picture beside a logit map: point at a cell of the map, and its square is drawn on the picture.

    Works in the static book, with no kernel: with mouse, touch or keyboard. The squares are computed here, by
    :func:`gancourse.receptive.squares`; the page only adds them up.

    Args:
        critics: networks by the name to be chosen by, as in ``{"70 px, 3 layers": PatchGAN()}``.
        pictures: one square picture at several sizes, (c, h, h) each, in [-1, 1].
        start: the critic that is shown first; the first one if not given.

    Returns:
        an IPython HTML object.

    Raises:
        ValueError: nothing to choose from, a picture that is not square, or a `start` that is none of the critics.
    """
    from IPython.display import HTML

    if not critics or not pictures:
        raise ValueError("an explorer needs at least one critic and one picture")
    if any(p.dim() != 3 or p.shape[-1] != p.shape[-2] for p in pictures):
        raise ValueError(f"pictures of shapes {[tuple(p.shape) for p in pictures]}: each is square, (c, h, h)")
    if start is not None and start not in critics:
        raise ValueError(f"start={start!r}: choose one of {', '.join(critics)}")
    sizes = [p.shape[-1] for p in pictures]
    data = {
        "critics": [geometry(name, net, sizes) for name, net in critics.items()],
        "pictures": [{"size": p.shape[-1], "source": jpeg(p)} for p in pictures],
        "start": list(critics).index(start) if start else 0,
    }
    text = json.dumps(data).replace("<", "\\u003c")  # a name must not end the script
    return HTML(PAGE.substitute(name="field" + uuid.uuid4().hex[:8], data=text))


def geometry(name: str, net: nn.Module, sizes: list[int]) -> dict:
    """All that the page needs to know of a critic; ``maps`` has the side of its map for each size, 0 for none."""
    return {"name": name, **squares(net)._asdict(), "maps": [map_side(net, size) for size in sizes]}


def jpeg(picture: Tensor) -> str:
    """A data address that holds (c, h, w) in [-1, 1]."""
    file = io.BytesIO()
    Image.fromarray(sheet(picture[None], columns=1)).save(file, "JPEG", quality=92, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()


def measure(net: nn.Module, picture: Tensor):
    """Live sliders: row and column of a logit, and whether the norms are in train mode. Needs a running notebook.

    Shows the picture, darkened where the chosen logit does not see it: the gradient is measured at each move.

    Args:
        net: a critic of one picture.
        picture: (1, c, h, w) in [-1, 1].
    """
    with torch.no_grad():
        h, w = net(picture).shape[-2:]

    def draw(row: int, column: int, train: int) -> Tensor:
        was = net.training
        try:
            return torch.cat([picture, lit(picture, seen_by(net.train(bool(train)), row, column, picture))])
        finally:
            net.train(was)

    return explorer(draw, row=range(h), column=range(w), train=range(2))


def lit(picture: Tensor, seen: Tensor) -> Tensor:
    """The picture (1, c, h, w), kept where `seen` (h, w) is not zero and darkened elsewhere."""
    return torch.where(seen > 0, picture, (picture - 3) / 4)


PAGE = Template("""
<div id="$name" class="field-explorer">
<style>
#$name { max-width: 44em; font-size: 0.95em; line-height: 1.4; }
#$name .choices, #$name .panels { display: flex; flex-wrap: wrap; gap: 0.6em 1.4em; margin: 0.4em 0; }
#$name label { display: flex; gap: 0.5em; align-items: center; }
#$name select { font: inherit; color: inherit; background: transparent; border: 1px solid; border-radius: 4px; padding: 0.2em 0.4em; }
#$name option { color: #000; background: #fff; }
#$name .panel { flex: 1 1 15em; min-width: 0; max-width: 22em; margin: 0; }
#$name .panel svg { display: block; width: 100%; height: auto; aspect-ratio: 1; }
#$name .map { touch-action: manipulation; cursor: crosshair; }
#$name input[type=range] { flex: 1; min-width: 0; }
#$name .panel label span { min-width: 4.5em; }
#$name .says { display: block; min-height: 4.3em; margin: 0.3em 0; }
</style>
<div class="choices">
<label>critic <select class="critic"></select></label>
<label>picture <select class="size"></select></label>
</div>
<output class="says" aria-live="polite"></output>
<div class="panels">
<div class="panel"><div>seen (grey: padding)</div><svg class="picture" role="img" aria-label="the picture with the square of pixels that the chosen logit sees"></svg></div>
<div class="panel"><div>logits: point at one</div><svg class="map" aria-hidden="true"></svg>
<label><span>row</span><input type="range" class="row" min="0" aria-label="row of the logit"></label>
<label><span>column</span><input type="range" class="column" min="0" aria-label="column of the logit"></label></div>
</div>
<script>
(function () {
  const data = $data;
  const box = document.getElementById("$name"), at = (s) => box.querySelector(s);
  const critic = at(".critic"), size = at(".size"), row = at(".row"), column = at(".column");
  const picture = at(".picture"), map = at(".map"), says = at(".says");
  data.critics.forEach((c, i) => critic.add(new Option(c.name, i)));
  data.pictures.forEach((p, i) => size.add(new Option(p.size + " x " + p.size + " px", i)));
  critic.value = data.start;
  let c, n, s;  // the critic, logits along a side of its map, pixels along a side of the picture

  function node(parent, kind, attributes) {
    const e = document.createElementNS("http://www.w3.org/2000/svg", kind);
    for (const k in attributes) e.setAttribute(k, attributes[k]);
    return parent.appendChild(e);
  }
  function square(parent, x, y, side, unit, fill) {
    node(parent, "rect", {x: x, y: y, width: side, height: side, fill: "#ffb000", "fill-opacity": fill});
    node(parent, "rect", {x: x, y: y, width: side, height: side, fill: "none", stroke: "#000", "stroke-width": 3.2 * unit});
    node(parent, "rect", {x: x, y: y, width: side, height: side, fill: "none", stroke: "#ffb000", "stroke-width": 1.6 * unit});
  }
  const from = (i) => c.first + i * c.step;

  function choose() {
    const before = n ? [row.value / n, column.value / n] : [0.5, 0.5];
    c = data.critics[critic.value];
    s = data.pictures[size.value].size;
    n = c.maps[size.value];
    row.max = column.max = Math.max(0, n - 1);
    row.disabled = column.disabled = !n;
    row.value = Math.floor(before[0] * n);
    column.value = Math.floor(before[1] * n);
    map.style.visibility = n ? "visible" : "hidden";
    draw();
  }
  function draw() {
    const i = Number(row.value), j = Number(column.value), last = from(Math.max(0, n - 1)) + c.side - 1;
    const margin = Math.max(Math.ceil(s / 24), n ? Math.max(-c.first, last - s + 1) + 1 : 0), all = s + 2 * margin;
    picture.replaceChildren();
    picture.setAttribute("viewBox", [-margin, -margin, all, all].join(" "));
    node(picture, "rect", {x: -margin, y: -margin, width: all, height: all, fill: "#888", "fill-opacity": 0.25});
    node(picture, "image", {href: data.pictures[size.value].source, width: s, height: s, preserveAspectRatio: "none", style: "image-rendering:pixelated"});
    if (!n) {
      says.textContent = "This critic leaves no map of a picture of " + s + " x " + s + " pixels: choose fewer layers or a larger picture.";
      return;
    }
    square(picture, from(j), from(i), c.side, all / 300, 0.15);
    map.replaceChildren();
    map.setAttribute("viewBox", "0 0 " + n + " " + n);
    node(map, "rect", {width: n, height: n, fill: "#888", "fill-opacity": 0.25});
    if (n <= 64) {
      let lines = "";
      for (let k = 0; k <= n; k++) lines += "M0 " + k + "H" + n + "M" + k + " 0V" + n;
      node(map, "path", {d: lines, stroke: "currentColor", "stroke-opacity": 0.35, "stroke-width": n / 400, fill: "none"});
    }
    square(map, j, i, 1, n / 300, 1);
    const ends = (i) => from(i) + (c.side > 1 ? " to " + (from(i) + c.side - 1) : "");
    const cut = (i) => Math.min(s, from(i) + c.side) - Math.max(0, from(i));
    const outside = 1 - cut(i) * cut(j) / (c.side * c.side);
    const share = outside >= 0.0005 ? (100 * outside).toFixed(outside < 0.1 ? 1 : 0) + " % of this square is padding." : "All of it lies in the picture.";
    says.textContent = "Logit (" + i + ", " + j + ") of " + n + " x " + n + " sees rows " + ends(i) + " and columns " + ends(j) +
      " of a picture whose rows and columns run from 0 to " + (s - 1) + ". " + share;
    row.setAttribute("aria-valuetext", "row " + i + ", sees rows " + ends(i));
    column.setAttribute("aria-valuetext", "column " + j + ", sees columns " + ends(j));
  }
  function point(event) {
    const r = map.getBoundingClientRect(), cell = (v) => Math.min(n - 1, Math.max(0, Math.floor(v * n)));
    column.value = cell((event.clientX - r.left) / r.width);
    row.value = cell((event.clientY - r.top) / r.height);
    draw();
  }
  map.addEventListener("pointermove", point);
  map.addEventListener("pointerdown", point);
  for (const e of [critic, size]) e.addEventListener("change", choose);
  for (const e of [row, column]) e.addEventListener("input", draw);
  choose();
})();
</script>
</div>
""")  # noqa: E501
