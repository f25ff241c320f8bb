"""The salt: where it comes from, and what is said where it is missing."""

import os
import subprocess
import sys

import pytest

from assessment.draw import ROOT, NoSalt, read_salt


@pytest.fixture(autouse=True)
def no_salt(monkeypatch):
    monkeypatch.delenv("GANCOURSE_SALT", raising=False)
    monkeypatch.delenv("GANCOURSE_SALT_FILE", raising=False)


def test_it_comes_from_the_environment_or_a_file(monkeypatch, tmp_path):
    (tmp_path / "salt").write_text("f" * 64 + "\n")
    monkeypatch.setenv("GANCOURSE_SALT_FILE", str(tmp_path / "salt"))
    assert read_salt() == "f" * 64
    monkeypatch.setenv("GANCOURSE_SALT", "e" * 64)
    assert read_salt() == "e" * 64


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GANCOURSE_SALT", "", "Neither"),
        ("GANCOURSE_SALT", "short", "5 characters can be guessed"),
        ("GANCOURSE_SALT_FILE", "/nowhere/at/all", "cannot be read"),
    ],
)
def test_what_is_wrong_with_it_is_told_with_the_mend(monkeypatch, name, value, said):
    monkeypatch.setenv(name, value)
    with pytest.raises(NoSalt, match=said) as error:
        read_salt()
    assert "secrets.token_hex()" in str(error.value)


def test_it_must_not_lie_in_the_repository(monkeypatch):
    monkeypatch.setenv("GANCOURSE_SALT_FILE", str(ROOT / "salt"))
    with pytest.raises(NoSalt, match="Move it out"):
        read_salt()


def test_the_command_says_so_without_a_traceback(tmp_path):
    command = [sys.executable, "-m", "assessment", "draw", str(tmp_path / "class"), "--seed", "spring"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GANCOURSE_SALT")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "token_hex" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "class").exists()
