"""Data: tensors out, range stated."""
