"""Scale, plots and widgets: what a notebook shows, live and in a page with no kernel."""

import base64
import io
import json
import re
from html import unescape

import numpy as np
import pytest
import torch
from PIL import Image

from gancourse import plots, recipes, widgets
from gancourse.scale import pick, scale
from tests.test_game import small_gan


@pytest.mark.parametrize(
    ("name", "value"), [("smoke", 1), ("laptop", 2), ("colab", 2), ("paper", 9)]
)  # an unnamed scale takes the next smaller one's
def test_pick(monkeypatch, name, value):
    monkeypatch.setenv("GANCOURSE_SCALE", name)
    assert pick(smoke=1, laptop=2, paper=9) == value and scale() == name


def test_scale_goes_by_the_hardware_and_refuses_what_it_does_not_know(monkeypatch):
    monkeypatch.delenv("GANCOURSE_SCALE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert scale() == "laptop"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert scale() == "colab"
    monkeypatch.setenv("GANCOURSE_SCALE", "huge")
    with pytest.raises(ValueError, match="'huge'.*smoke, laptop, colab, paper"):
        scale()


def test_recipes_make_the_games_of_the_chapters(monkeypatch):
    for kind in ("conv", "mlp"):
        assert recipes.gan(kind).G.classes == 0 and recipes.cgan(kind).D.classes == 10
    assert recipes.gan().lr == recipes.LR and "G" in recipes.gan().averages
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    train, test = recipes.digit_sets("digits")
    assert len(train) == len(test) == 1800 and train.name == "digits"


def test_sheet_puts_images_in_rows():
    images = torch.stack([torch.full((1, 4, 4), v) for v in (-1.0, 0.0, 1.0)])
    sheet = plots.sheet(images, columns=2)
    assert sheet.shape == (2 * (4 + 2) + 2, 2 * (4 + 2) + 2, 3) and sheet.dtype == np.uint8
    assert sheet[3, 3, 0] == 0 and sheet[3, 9, 0] == 128 and sheet[9, 3, 0] == 255


def test_losses_are_drawn_with_their_references():
    ax = plots.losses({"D": [1.0, 0.5, 0.7], "G": [2.0, 1.0, 1.5]}, {"2 log 2": plots.TWO_LOG_TWO})
    assert {t.get_text() for t in ax.get_legend().get_texts()} == {"D", "G", "2 log 2"}
    assert ax.get_ylim()[0] == 0 and ax.get_ylim()[1] > 1.9


def test_film_keeps_what_it_saw():
    game = small_gan()
    film = plots.Film(lambda g: torch.full((3, 1, 4, 4), float(g.played)), live=False)
    for game.played in (0, 1):
        film(game)
    assert film.rounds == [0, 1] and film.frames[1].max() == 1
    assert [text.get_text() for text in film.strip().texts] == ["round 0", "1"]


def test_table_reads_as_text_and_as_html():
    table = plots.table({"a": {"x": 1, "y": 0.123456}, "b": {"y": 1234.5}})
    assert repr(table).splitlines()[1].split() == ["a", "1", "0.123"] and "1234" in repr(table)
    assert table._repr_html_().count("<tr>") == 3 and "<th" in table._repr_html_()


def sprite(html: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(re.search(r"base64,([^)]+)\)", html)[1])))


def test_scrub_has_a_slider_for_each_axis_and_every_picture():
    images = torch.linspace(-1, 1, 6).view(2, 3, 1, 1, 1).expand(2, 3, 1, 4, 4)
    html = widgets.scrub(images, {"class": "ab", "noise": range(3)}).data
    captions = [json.loads(unescape(c)) for c in re.findall('data-captions="([^"]*)"', html)]
    assert html.count('type="range"') == 2 and captions == [["a", "b"], ["0", "1", "2"]]
    strip = np.asarray(sprite(html).convert("L"))
    h = strip.shape[0] // 6
    assert [int(strip[i * h + h // 2, h // 2]) for i in range(6)] == [0, 51, 102, 153, 204, 255]
    with pytest.raises(ValueError, match="do not fit axes"):
        widgets.scrub(images, {"class": "abc", "noise": range(3)})


def test_scrub_with_several_images_in_one_picture_and_colour():
    html = widgets.scrub(torch.zeros(4, 6, 3, 5, 5), {"round": range(4)}, columns=3).data
    assert sprite(html).size == (3 * 7 + 2, 4 * (2 * 7 + 2)) and sprite(html).mode in ("RGB", "P")


def test_between_keeps_to_the_great_circle():
    a, b = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 3.0])
    path = widgets.between(a, b, 5)
    assert torch.allclose(path[0], a, atol=1e-6) and torch.allclose(path[-1], b, atol=1e-6)
    assert torch.allclose(path.norm(dim=1), torch.full((5,), 3.0), atol=1e-5)


def test_explorer_draws_when_a_slider_moves():
    seen = []

    def picture(digit, along):
        seen.append((digit, along))
        return torch.full((1, 1, 4, 4), along)

    box = widgets.explorer(picture, digit=range(10), along=(0.0, 1.0))
    digit, along, image = box.children
    before = image.value
    along.value = 1.0
    digit.value = 7
    assert seen[-1] == (7, 1.0) and image.value != before
    assert Image.open(io.BytesIO(image.value)).size[0] > 4


def test_a_large_film_draws_each_picture_an_inch_wide():
    film = plots.LargeFilm(lambda game: torch.rand(4, 3, 64, 64) * 2 - 1, columns=4, live=False)

    class Game:
        played = 1

    film(Game())
    film(Game())
    small = plots.Film(film.draw, live=False)
    small.frames, small.rounds = film.frames, film.rounds
    large, usual = (f.strip(chosen=2, steps=2).figure.get_size_inches() for f in (film, small))
    assert np.allclose(large / usual, 1 / 0.55)


def test_rows_have_their_captions_and_one_shape():
    ax = plots.rows({"plan": torch.zeros(5, 3, 8, 8), "drawn by G": torch.ones(5, 3, 8, 8)})
    assert [text.get_text() for text in ax.texts] == ["plan", "drawn by G"]
    picture = ax.images[0].get_array()
    assert picture.shape[:2] == (2 * 10 + 2, 5 * 10 + 2)
    above, below = (int(text.get_position()[1]) for text in ax.texts)
    assert (picture[above, 5] == 128).all() and (picture[below, 5] == 255).all()  # each beside its own row
    with pytest.raises(ValueError, match="must have the same shape"):
        plots.rows({"a": torch.zeros(1, 3, 8, 8), "b": torch.zeros(2, 3, 8, 8)})
