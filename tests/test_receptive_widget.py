"""The explorer in the page holds the squares that the library computes, and the live one measures them."""

import base64
import io
import json
import re
import shutil
import subprocess

import matplotlib.pyplot as plt
import pytest
import torch
from PIL import Image

from gancourse import plots
from gancourse.networks.patchgan import PatchGAN, PixelGAN
from gancourse.receptive import map_side, receptive_field, squares
from gancourse.receptive_widget import explore, lit, measure

CRITICS = {"pixel": PixelGAN(3, base=2)} | {f"n = {n} </script>": PatchGAN(3, base=2, layers=n) for n in range(1, 6)}
SIZES = (64, 128, 256)


def html() -> str:
    pictures = [torch.linspace(-1, 1, s).expand(3, s, s) for s in SIZES]
    return explore(CRITICS, pictures, start="n = 3 </script>").data


def data(page: str) -> dict:
    return json.loads(re.search(r"const data = (.*);\n", page)[1])


def test_the_page_has_one_source_of_truth():
    told = data(html())
    assert [p["size"] for p in told["pictures"]] == list(SIZES) and told["start"] == 3
    for critic, (name, net) in zip(told["critics"], CRITICS.items(), strict=True):
        assert critic["name"] == name and critic["side"] == receptive_field(net)
        assert (critic["side"], critic["step"], critic["first"]) == squares(net)
        assert critic["maps"] == [map_side(net, size) for size in SIZES]
        for size, side in zip(SIZES, critic["maps"], strict=True):
            if side:
                with torch.no_grad():
                    assert net(torch.zeros(2, 3, size, size)).shape[-1] == side
    assert told["critics"][5]["maps"][0] == 0  # 286 px at 64 px


def test_the_page_asks_no_other_server_and_is_named():
    page = html()
    assert "</script" not in page.split("const data")[1].split("\n")[0]
    assert not re.search(r"(src|href)=|url\(|@import|https?://(?!www.w3.org/2000/svg)", page)
    assert page.count("<label>") == 4 and "aria-label=" in page and 'aria-live="polite"' in page
    assert explore(CRITICS, [torch.zeros(3, 8, 8)]).data.split('"')[1] != page.split('"')[1]  # two on one page


def test_the_picture_arrives():
    source = data(html())["pictures"][0]["source"].split(",")[1]
    picture = Image.open(io.BytesIO(base64.b64decode(source)))
    assert picture.size == (64, 64) and picture.getpixel((0, 5))[0] < 20 and picture.getpixel((63, 5))[0] > 235


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_the_pages_arithmetic_is_the_librarys():
    """`from` in the page, run by node, against Squares.seen for the first, a middle and the last logit."""
    page = html()
    line = re.search(r"const from = .*;", page)[0]
    told = json.dumps(data(page)["critics"])
    ends = "[0, 2, c.maps[2] - 1].map(i => [from(i), from(i) + c.side - 1])"
    program = f"let c; {line} for (c of {told}) console.log({ends}.flat().join())"
    lines = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True).stdout.split()
    for text, net in zip(lines, CRITICS.values(), strict=True):
        assert [int(t) for t in text.split(",")] == [
            e for i in (0, 2, map_side(net, 256) - 1) for e in squares(net).seen(i)
        ]


def test_what_cannot_be_explored_is_told():
    with pytest.raises(ValueError, match="at least one critic"):
        explore({}, [torch.zeros(3, 8, 8)])
    with pytest.raises(ValueError, match="each is square"):
        explore(CRITICS, [torch.zeros(3, 8, 9)])
    with pytest.raises(ValueError, match="start='x'"):
        explore(CRITICS, [torch.zeros(3, 8, 8)], start="x")


def test_lit_darkens_what_is_not_seen():
    seen = torch.zeros(4, 4)
    seen[1, 2] = 1e-9
    picture = lit(torch.ones(1, 3, 4, 4), seen)
    assert picture[0, 0, 1, 2] == 1 and (picture == -0.5).sum() == 3 * 15 and picture.min() >= -1


def test_the_live_explorer_measures_in_both_modes_and_leaves_the_critic_alone():
    net = PatchGAN(3, base=2, layers=1).eval()
    box = measure(net, torch.zeros(1, 3, 64, 64))
    row, column, train, image = box.children
    assert (row.max, column.max, train.max) == (29, 29, 1)
    before = image.value
    row.value = 20
    moved = image.value
    train.value = 1
    assert before != moved != image.value and not net.training


def test_a_heat_lies_where_the_squares_are():
    """A lone logit that speaks is drawn at the centre of its square."""
    s, n = squares(CRITICS["n = 1 </script>"]), 30
    maps = torch.zeros(2, 1, n, n)
    maps[1, 0, 20, 5] = -2.0
    figure = plots.heat(torch.zeros(2, 3, 64, 64), maps, ["a", "b"], (s.first + (s.side - 1) / 2, s.step))
    below = figure.axes[3]
    left, right, bottom, top = below.images[1].get_extent()
    row, column = top + (bottom - top) * 20.5 / n, left + (right - left) * 5.5 / n
    assert (row, column) == pytest.approx((sum(s.seen(20)) / 2, sum(s.seen(5)) / 2))
    assert below.images[1].get_clim() == (-2.0, 2.0) and figure.axes[1].get_title() == "b"
    assert below.get_xlim() == (-0.5, 63.5) and below.get_title() == "mean -0.00"
    plt.close(figure)
