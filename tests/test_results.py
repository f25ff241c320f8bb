"""Kept results as tables."""

import json

import pytest

from gancourse import results


def test_intervals_show_the_median_and_the_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    runs = {str(seed): {"figures": {"iou": value, "l1": 1.0}} for seed, value in enumerate((0.3, 0.1, 0.25))}
    (tmp_path / "toy.json").write_text(json.dumps({"L1": runs}))
    assert results.intervals("toy", {"L1": "only L1"}, {"iou": "class IoU"}) == {
        "only L1": {"class IoU": "0.25 (0.10 to 0.30)"}
    }
    assert results.median(runs) == {"iou": 0.25, "l1": 1.0}
    with pytest.raises(ValueError, match="has no row 'GAN': it has L1"):
        results.intervals("toy", {"GAN": "GAN"}, {"iou": "class IoU"})


def test_what_is_not_there_is_empty(tmp_path):
    assert results.load(tmp_path / "none.json") == {}
