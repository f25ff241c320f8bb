"""Where a student's own things are kept: beside the notebook, or on Drive where Colab's own disk would be lost."""

from pathlib import Path

DRIVE = Path("/content/drive/MyDrive")  # where Colab puts the user's Drive once it is mounted


def at_home(name: str | Path) -> Path:
    """The place for a file or folder of this name: in the folder gancourse of a mounted Drive, else in the current
    folder. A whole path is left as it is."""
    return DRIVE / "gancourse" / name if DRIVE.is_dir() else Path(name)
