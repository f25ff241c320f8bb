"""The book builds with no warning, has its pages, and asks no other host for anything."""

import json
import re
import tomllib

import pytest

from tools import book
from tools.stamp import ROOT

CHAPTERS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
OWNER = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]["Repository"].split(".com/")[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The book, built in a copy as `make course` does it, so that what stands in _build is left alone."""
    copy = tmp_path_factory.mktemp("course")
    book.copy(copy)
    return book.build(copy).parent


def pages(site):
    return [p for p in site.rglob("*.html") if "_static" not in p.parts]


def test_every_page_is_there(site):
    for name in CHAPTERS:
        assert (site / "notebooks" / f"{name}.html").stat().st_size > 20_000
    for name in ("index", "how_to_use", "notation", "glossary", "references", "troubleshooting", "api/game"):
        assert (site / "book" / f"{name}.html").is_file()


def test_every_chapter_is_named_wherever_the_chapters_are():
    drawing = re.search("Here now: (.*?) Later", (ROOT / "book/figures/path_wide.svg").read_text("utf-8"))[1]
    for name in CHAPTERS:
        for page in ("README.md", "book/index.md", "book/_toc.yml"):
            assert f"notebooks/{name}" in (ROOT / page).read_text("utf-8"), f"{page} does not name {name}"
        assert f"{name[:2]} " in drawing


def test_a_page_loads_nothing_from_elsewhere(site):
    """Links may lead away; what a page loads by itself may not."""
    loads = re.compile(r'<(?:script|link|img|iframe)\b[^>]*?(?:src|href)="(https?:)?//[^"]*"[^>]*>')
    harmless = re.compile(r'rel="(canonical|search|next|prev|author|license)"|badge')
    for page in pages(site):
        for found in loads.finditer(page.read_text("utf-8")):
            assert harmless.search(found[0]), f"{page.name}: {found[0]}"


def test_launch_buttons_stand_on_notebook_pages_alone(site):
    for page in pages(site):
        text = page.read_text("utf-8")
        assert "mybinder.org" not in text and "jupyterhub" not in text.lower(), page.name
        if "notebooks" in page.parts:
            assert f"colab.research.google.com/github/{OWNER}/blob/main/notebooks/" in text, page.name


def test_pictures_have_alternative_text(site):
    for page in pages(site):
        for image in re.findall(r"<img\b[^>]*>", page.read_text("utf-8")):
            assert re.search(r'alt="[^"]', image) or "logo" in image, f"{page.name}: {image[:120]}"


def test_scrubbers_are_in_the_static_page(site):
    for name in ("01_gan", "02_cgan"):
        text = (site / "notebooks" / f"{name}.html").read_text("utf-8")
        assert text.count('class="scrub"') >= 2 and 'type="range"' in text


def test_readme_and_how_to_use_say_where_the_data_of_each_chapter_come_from():
    how, readme = [(ROOT / name).read_text("utf-8") for name in ("book/how_to_use.md", "README.md")]
    for told in ("MNIST/raw/", "isbi2012/", "facades/train/"):
        assert told in how and told.split("/")[0] in readme
    for text in (how, readme):
        assert re.search(r"ISBI 2012 \(chapter 3\) are taken from `GANCOURSE_DATA` only|first place only: get", text)
        assert all(command in text for command in ("train cgan", "train pix2pix", "gancourse translate", "--size"))


def test_what_the_page_under_the_hood_says_of_the_soak_is_what_it_found():
    page = (ROOT / "book" / "under_the_hood.md").read_text("utf-8")
    games = json.loads((ROOT / "experiments" / "soak.json").read_text("utf-8"))["games"].values()
    kills, writing, runs = (sum(game[what] for game in games) for what in ("kills", "while writing", "runs"))
    assert f"killed small runs of the four core games {kills} times, {writing} times of these while" in page
    assert f"All {runs} runs ended" in page and all(game["alike"] == game["runs"] for game in games)
