"""Scripts whose long runs are committed: each runs at smoke scale, and what is committed still holds."""

import json
from dataclasses import replace

import pytest

from benchmarks import digits_round
from experiments import cyclegan, gates, patchgan, pix2pix, precision, trials
from gancourse.results import load, median
from tools import stamp


@pytest.fixture
def smoke(tmp_path, monkeypatch):
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    monkeypatch.setattr(trials, "OTHERS", tmp_path)
    return tmp_path


def some(of=gates, **changed):
    """The trials of a script with something changed."""
    made = replace(of.TRIALS, **changed)
    return lambda arguments: made.main("", arguments)


def test_gates_run_go_on_and_ask_nothing_of_a_smoke_run(smoke, capsys, monkeypatch):
    two = {"seeds": (0, 1)}
    assert some(**two)(["gan-digits"]) == 0
    kept = json.loads((smoke / "gates-smoke.json").read_text("utf-8"))
    assert set(kept["gan-digits"]) == {"0", "1"} and kept["gan-digits"]["0"]["stamp"]["scale"] == "smoke"
    assert "gan-digits, median" in capsys.readouterr().out
    assert some(play=None, **two)(["gan-digits"]) == 0  # what is done is not done again
    del kept["gan-digits"]["1"]
    (smoke / "gates-smoke.json").write_text(json.dumps(kept))
    with pytest.raises(TypeError):  # but what is missing is
        some(play=None, **two)(["gan-digits"])


def test_a_row_whose_data_is_missing_is_skipped_and_the_others_go_on(smoke, monkeypatch, capsys):
    def no_mnist(name):
        images = digits_round.load("digits")
        return images[:1800], images[1800:3600]

    monkeypatch.setattr(gates.recipes, "digit_sets", no_mnist)
    rows = {name: gates.ROWS[name] for name in ("gan-mnist", "gan-digits")}
    some(rows=rows, seeds=(0,))([])
    said = capsys.readouterr().out
    assert "gan-digits, median" in said and "gan-mnist: mnist cannot be had here" in said


def test_an_unknown_row_is_told(capsys):
    with pytest.raises(SystemExit) as stop:
        gates.TRIALS.main("", ["gan-imagenet"])
    assert stop.value.code == 2 and "gan-mnist" in capsys.readouterr().err


@pytest.mark.parametrize(("script", "row"), [(pix2pix, name) for name in pix2pix.ROWS] + [(patchgan, "patch 286")])
def test_every_row_of_the_tables_runs(smoke, script, row):
    assert some(script, rows={row: script.ROWS[row]}, seeds=(0,))([]) == 0
    kept = load(smoke / f"{script.TRIALS.path.stem}-smoke.json")[row]["0"]
    assert {"pixel", "class", "iou", "kernel", "colours", "varies", "minutes"} < set(kept["figures"]) and kept[
        "opening"
    ]


@pytest.mark.parametrize("row", ["cycle alone", "GAN alone", "CycleGAN", "dusk", "pix2pix"])
def test_rows_without_pairs_run(smoke, row):
    assert some(cyclegan, rows={row: cyclegan.ROWS[row]}, seeds=(0,))([]) == 0
    figures = load(smoke / "cyclegan-smoke.json")[row]["0"]["figures"]
    asked = {"l1", "windows", "l1 best histogram"} if row == "dusk" else {"iou", "iou another's", "iou untouched"}
    assert asked < set(figures) and ("back cycle" in figures) == (row != "pix2pix")


def test_rows_of_the_ablation_are_different_games(monkeypatch):
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    ours = {name: row for name, row in cyclegan.ROWS.items() if row.data == cyclegan.STREET and name != "pix2pix"}
    made = {name: row.make() for name, row in ours.items()}
    kinds = {
        (type(game), game.cycle, game.identity, game.pool_x.size, game.tint_x, ours[name].rounds)
        for name, game in made.items()
    }
    assert len(kinds) == len(made) and made["CycleGAN"].identity == 0
    assert {row.rounds for name, row in ours.items() if not name.endswith("longer")} == {cyclegan.SHORT}


def test_a_row_is_played_for_its_rounds(smoke, monkeypatch):
    monkeypatch.setattr(cyclegan, "pick", lambda smoke, laptop: laptop)
    row = replace(cyclegan.ROWS["CycleGAN, longer"], rounds=3)
    some(cyclegan, rows={"CycleGAN, longer": row}, seeds=(0,))([])
    assert load(smoke / "cyclegan-smoke.json")["CycleGAN, longer"]["0"]["figures"]["rounds"] == 3


def test_results_of_rewritten_code_are_confirmed_only_if_it_plays_the_same_game(smoke, monkeypatch, capsys):
    trial = {"rows": {"L1": pix2pix.ROWS["L1"]}, "seeds": (0,)}
    path = smoke / "pix2pix-smoke.json"
    some(pix2pix, **trial)([])
    made = load(path)
    made["L1"]["0"]["stamp"]["library"]["gancourse/losses.py"] = "another"
    path.write_text(json.dumps(made))
    monkeypatch.setattr(pix2pix.recipes, "pix2pix_lr", lambda: 1e-4)  # another game
    nothing = dict.fromkeys(made["L1"]["0"]["figures"], 0.0)
    some(pix2pix, play=lambda row, seed: nothing | {"opening": {}}, **trial)(["L1", "--confirm"])
    assert "L1, seed 0: the first rounds are others" in capsys.readouterr().out
    assert load(path)["L1"]["0"]["figures"] == nothing  # so it was trained again
    path.write_text(json.dumps(made))
    monkeypatch.undo()
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    monkeypatch.setattr(trials, "OTHERS", smoke)
    some(pix2pix, play=None, **trial)(["L1", "--confirm"])
    assert "L1, seed 0: the first rounds are the same" in capsys.readouterr().out
    now = load(path)["L1"]["0"]
    assert now["figures"] == made["L1"]["0"]["figures"] and now["stamp"]["confirmed"]


def test_rounding_is_told_from_another_game():
    before = {"D": [0.5, 0.4, 0.3, 0.2], "G": [2.0, 1.9, 1.8, 1.7]}
    rounded = {name: [v * (1 + 5e-5) for v in values[:3]] + [9.0] for name, values in before.items()}
    assert trials.likeness(before, before) == trials.SAME and trials.likeness(before, rounded) == trials.ROUNDED
    for i in range(3):
        other = before | {"G": [v + 0.001 * (i == j) for j, v in enumerate(before["G"])]}
        assert trials.likeness(before, other) == trials.OTHER
    assert trials.likeness({}, before) == trials.likeness(before, {"D": before["D"]}) == trials.OTHER


def test_the_comparison_of_two_rows_is_held_to_its_gate(smoke):
    path = smoke / "pix2pix-smoke.json"
    for ratio, missed in ((1.9, 0), (1.7, 1)):
        rows = {"L1": ratio / 2, "encoder-decoder, L1": 0.5}
        path.write_text(json.dumps({name: {"0": {"figures": {"iou": iou}}} for name, iou in rows.items()}))
        assert len(pix2pix.missed_together()) == missed


def test_the_comparison_with_pix2pix_is_held_to_its_gate(smoke):
    path = smoke / "cyclegan-smoke.json"
    for iou, missed in ((0.31, 0), (0.29, 1)):
        rows = {"CycleGAN, longer": iou, "pix2pix": 0.5}
        path.write_text(json.dumps({name: {"0": {"figures": {"iou": iou}}} for name, iou in rows.items()}))
        assert len(cyclegan.missed_together()) == missed


def test_a_missed_gate_is_named():
    good = {"classes": 10, "rarest": 0.08, "confidence": 0.95, "frechet over blurred": 0.01, "minutes": 3}
    row = gates.ROWS["gan-mnist"]
    assert row.missed(good) == []
    for key, value in {
        "classes": 9,
        "rarest": 0.03,
        "confidence": 0.89,
        "frechet over blurred": 0.06,
        "minutes": 5,
    }.items():
        assert len(row.missed(good | {key: value})) == 1


def test_the_committed_gates_hold(monkeypatch):
    """Every row over every seed, made by the code as it stands, at laptop scale, and met."""
    monkeypatch.setenv("GANCOURSE_SCALE", "laptop")
    for script in (gates, pix2pix, patchgan):
        kept = load(script.TRIALS.path)
        for name, row in script.TRIALS.rows.items():
            assert set(kept[name]) == {str(seed) for seed in script.TRIALS.seeds}
            assert all(script.TRIALS.holds(name, run) for run in kept[name].values()), name
            assert row.missed(median(kept[name])) == []
    assert pix2pix.missed_together() == []


def test_the_benchmark_runs(tmp_path, monkeypatch, capsys):
    small = digits_round.load("digits")[:256]
    monkeypatch.setattr(digits_round, "load", lambda name: small)
    digits_round.main(["--rounds", "1", "--repeats", "1", "--out", str(tmp_path / "b.json")])
    result = json.loads((tmp_path / "b.json").read_text("utf-8"))
    assert set(result["results"]) == {"mlp", "conv"} and "plain / GAN, with data" in capsys.readouterr().out


def test_the_committed_benchmark_meets_its_gate():
    """Never slower per round, and at least 1.3 times as fast with the data included."""
    for kind, result in json.loads(digits_round.RESULTS.read_text("utf-8"))["results"].items():
        ratios = result["plain over GAN"]
        assert ratios["round"] >= 1.0 and ratios["with data"] >= 1.3, (kind, ratios)


def test_the_committed_results_of_cyclegan_were_made_by_the_code_as_it_stands(monkeypatch):
    """Its gates are asked by `python -m experiments.cyclegan`, which names those that are missed."""
    monkeypatch.setenv("GANCOURSE_SCALE", "laptop")
    kept = load(cyclegan.TRIALS.path)
    assert {"CycleGAN", "CycleGAN, longer", "pix2pix", "dusk"} < set(kept) <= set(cyclegan.ROWS)
    for name, runs in kept.items():
        assert set(runs) == {str(seed) for seed in cyclegan.TRIALS.seeds}
        assert all(cyclegan.TRIALS.holds(name, run) for run in runs.values()), name


def test_numbers_of_half_the_size_are_compared(smoke, capsys):
    names = ["GAN, fp32", "GAN, bf16", "GAN, bf16, 5,000 rounds"]
    with pytest.MonkeyPatch.context() as patch:
        for trials_ in ("TRIALS", "ONCE"):
            patch.setattr(precision, trials_, replace(getattr(precision, trials_), seeds=(0,)))
        assert precision.main(names) == 0
    assert "all losses finite" in capsys.readouterr().out.splitlines()[-1]
    kept = load(smoke / "precision-smoke.json")
    assert list(kept) == sorted(names) and kept["GAN, bf16"]["0"]["opening"]


def test_what_is_said_of_numbers_of_half_the_size_is_what_was_found(monkeypatch):
    monkeypatch.setenv("GANCOURSE_SCALE", "laptop")
    kept = load(precision.TRIALS.path)
    for of in (precision.TRIALS, precision.ONCE):
        for name in of.rows:
            assert set(kept[name]) == {str(seed) for seed in of.seeds}
            assert all(of.holds(name, run) and run["figures"]["finite"] for run in kept[name].values()), name

    def seeds(name, figure):
        return [run["figures"][figure] for run in kept[name].values()]

    for game, (figure, _) in precision.LEADING.items():
        full, half = seeds(f"{game}, fp32", figure), seeds(f"{game}, bf16", figure)
        overlap = min(full) <= max(half) and min(half) <= max(full)
        assert overlap == (game != "CycleGAN") and (overlap or min(half) > max(full))
    table = (stamp.ROOT / "experiments" / "precision.md").read_text("utf-8")
    assert all(value in table for row in precision.compared().values() for value in row.values())
