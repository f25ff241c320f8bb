"""Scripts whose long runs are committed: each runs at smoke scale, and what is committed still holds."""

import json

import pytest

from benchmarks import digits_round
from experiments import gates
from tools import stamp


@pytest.fixture
def smoke(tmp_path, monkeypatch):
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    monkeypatch.setattr(gates, "OTHERS", tmp_path)
    monkeypatch.setattr(gates, "SEEDS", (0, 1))
    return tmp_path


def test_gates_run_go_on_and_ask_nothing_of_a_smoke_run(smoke, capsys, monkeypatch):
    assert gates.main(["gan-digits"]) == 0
    kept = json.loads((smoke / "gates-smoke.json").read_text())
    assert set(kept["gan-digits"]) == {"0", "1"} and kept["gan-digits"]["0"]["stamp"]["scale"] == "smoke"
    assert "gan-digits, median" in capsys.readouterr().out
    monkeypatch.setattr(gates, "play", None)  # what is done is not done again
    assert gates.main(["gan-digits"]) == 0
    del kept["gan-digits"]["1"]
    (smoke / "gates-smoke.json").write_text(json.dumps(kept))
    with pytest.raises(TypeError):  # but what is missing is
        gates.main(["gan-digits"])


def test_an_unknown_row_is_told(capsys):
    with pytest.raises(SystemExit) as stop:
        gates.main(["gan-imagenet"])
    assert stop.value.code == 2 and "gan-mnist" in capsys.readouterr().err


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


def test_the_committed_gates_hold():
    """Every row over every seed, made by the code as it stands, at laptop scale, and met."""
    kept = json.loads(gates.RESULTS.read_text())
    for name, row in gates.ROWS.items():
        seeds = kept[name]
        assert set(seeds) == {str(seed) for seed in gates.SEEDS}
        assert all(
            run["stamp"]["scale"] == "laptop" and not stamp.changed(run["stamp"]["library"]) for run in seeds.values()
        )
        assert row.missed(gates.median(kept[name])) == []


def test_the_benchmark_runs(tmp_path, monkeypatch, capsys):
    small = digits_round.load("digits")[:256]
    monkeypatch.setattr(digits_round, "load", lambda name: small)
    digits_round.main(["--rounds", "1", "--repeats", "1", "--out", str(tmp_path / "b.json")])
    result = json.loads((tmp_path / "b.json").read_text())
    assert set(result["results"]) == {"mlp", "conv"} and "plain / GAN, with data" in capsys.readouterr().out
