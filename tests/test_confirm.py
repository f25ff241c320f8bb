"""Stored outputs are stamped anew only if the code before and the code as it stands show the same."""

import nbformat
import pytest

from tools import notebooks

BAR = "100%|███| 30/30 [00:00<00:00, {} rounds/s, D 0.588]\n"


def written(path, words: str, picture: str = "AAAA", speed: float = 68.9):
    cell = nbformat.v4.new_code_cell("1 + 1")
    stream = nbformat.v4.new_output("stream", text=BAR.format(speed) + words)
    cell.outputs = [stream, nbformat.v4.new_output("display_data", {"image/png": picture})]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# One"), cell])
    book.metadata["gancourse"] = {"code": "new", "library": {"a.py": "new"}, "date": "2026-11-22", "minutes": 0.1}
    nbformat.write(book, path)
    return book


@pytest.fixture
def stored(tmp_path):
    """A notebook whose outputs were stored by another code."""
    book = written(path := tmp_path / "one.ipynb", "loss 0.5, 3.1 seconds")
    book.metadata["gancourse"] |= {"code": "old", "library": {"a.py": "old"}, "minutes": 9.9}
    nbformat.write(book, path)
    return path


def made(monkeypatch, old, new):
    """Let the notebook show this by the code before, and that by the code as it stands."""
    runs = {"old.ipynb": old, "new.ipynb": new}
    monkeypatch.setattr(notebooks, "at_smoke_scale", lambda path, target: written(target, **runs[target.name]))


def test_what_shows_the_same_is_stamped_anew_and_nothing_else_in_it_changes(stored, monkeypatch, tmp_path):
    before = nbformat.read(stored, 4)
    made(monkeypatch, {"words": "loss 0.5, 2 seconds"}, {"words": "loss 0.5, 1.9 seconds", "speed": 99})
    assert notebooks.confirm(stored, tmp_path) == []
    now = nbformat.read(stored, 4)
    stamp = now.metadata.pop("gancourse")
    assert (stamp["code"], stamp["library"], stamp["confirmed"]) == ("new", {"a.py": "new"}, "2026-11-22")
    assert stamp["minutes"] == 9.9 and before.metadata.pop("gancourse") and now == before


@pytest.mark.parametrize("other", [{"words": "loss 0.6"}, {"words": "loss 0.5", "picture": "AAAB"}])
def test_what_shows_something_else_keeps_its_stamp_and_is_named(other, stored, monkeypatch, tmp_path):
    before = stored.read_text("utf-8")
    made(monkeypatch, {"words": "loss 0.5"}, other)
    assert notebooks.confirm(stored, tmp_path) == ["1 + 1"] and stored.read_text("utf-8") == before
