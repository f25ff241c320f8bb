import pytest
import torch


@pytest.fixture(autouse=True)
def nothing_recorded(monkeypatch, tmp_path):
    """Each test plays in a folder of its own, at smoke scale, where nothing is recorded."""
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    monkeypatch.delenv("GANCOURSE_PROGRESS", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True, scope="package")
def one_thread():
    """On a handful of numbers, threads only wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
