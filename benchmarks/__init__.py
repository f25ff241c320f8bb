"""Speed, measured side by side; the results are committed beside the scripts."""
