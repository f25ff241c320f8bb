"""What all tests share."""

import pytest


@pytest.fixture(autouse=True)
def full_precision(monkeypatch):
    """Comparisons to the last bit hold in float32, whatever the hardware likes."""
    monkeypatch.setenv("GANCOURSE_PRECISION", "fp32")
