"""What the commands of ``python -m gancourse`` do, one file for each game or command."""
