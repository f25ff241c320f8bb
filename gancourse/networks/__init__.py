"""Networks: one figure of one paper per file."""
