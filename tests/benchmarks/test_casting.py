"""Both precisions are timed on the same game, and the table is sorted by what there is to cast."""

import json
from pathlib import Path

from benchmarks import casting


def test_rounds_are_timed_in_both_precisions_and_told(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    monkeypatch.setattr(
        casting,
        "CASES",
        {f"pix2pix, {n}": (casting.pix2pix, 3, [(64, n)]) for n in (1, 8)} | {"CycleGAN": (None, 3, [])},
    )
    asked, train = [], casting.train
    monkeypatch.setattr(casting, "train", lambda *how, **more: asked.append(more["precision"]) or train(*how, **more))
    assert casting.main(["--games", "pix2pix", "--out", str(tmp_path / "c.json")]) == 0
    assert asked[:2] == ["bf16", "fp32"] and asked.count("bf16") == asked.count("fp32")
    found = json.loads((tmp_path / "c.json").read_text("utf-8"))["games"]
    one, eight = (found[f"pix2pix, {n}, {n} of 64 px"] for n in (1, 8))
    assert one["numbers for each pixel"] == 8 * eight["numbers for each pixel"] > 0
    assert min(one["fp32 over bf16"].values()) > 0 and one["train chooses"] == "fp32"  # the tests' choice
    said = capsys.readouterr().out
    assert said.rindex("pix2pix, 8") < said.rindex("pix2pix, 1") and "| fp32 / bf16" in (tmp_path / "c.md").read_text(
        "utf-8"
    )


def test_the_choice_is_the_faster_one_where_it_was_measured():
    """What `train` chooses rests on the stored table: it never takes what was slower by more than chance."""
    kept = json.loads(Path(casting.__file__).with_name("casting-laptop-cpu.json").read_text("utf-8"))["games"]
    assert {of["train chooses"] for of in kept.values()} == {"fp32", "bf16"}
    for name, of in kept.items():
        ratio = of["fp32 over bf16"]["median"]
        assert ratio < 1.05 if of["train chooses"] == "fp32" else ratio > 0.95, name
