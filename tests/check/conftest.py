import pytest

from gancourse.check import progress as _  # noqa: F401  (the function hides the module of the same name)


@pytest.fixture(autouse=True)
def nothing_recorded(monkeypatch, tmp_path):
    """Each test plays in a folder of its own, at smoke scale, where nothing is recorded."""
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    monkeypatch.delenv("GANCOURSE_PROGRESS", raising=False)
    monkeypatch.chdir(tmp_path)
