"""Games: one algorithm of one paper per file."""
