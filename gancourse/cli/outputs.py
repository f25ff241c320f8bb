"""What the commands write: pictures and figures, whole or not at all."""

import json
import os
from contextlib import suppress
from pathlib import Path

from PIL import Image
from torch import Tensor

from gancourse import workers
from gancourse.files import written


def must_be_writable(folder: Path) -> None:
    """Raise OSError if no file can be written there. One worker alone takes away again what it made to find out."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise OSError(f"{folder} is no folder: name another one")
    folder = folder.resolve()
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    trial = folder / ".writable"
    with written(trial):
        pass
    trial.unlink(missing_ok=True)  # another worker may have been faster
    with suppress(OSError):  # another run may have begun in one of them
        for path in made if workers.count() == 1 else ():
            path.rmdir()


def write_grid(images: Tensor, path: Path, columns: int = 10, enlarged: int = 2) -> None:
    """Images (n, c, h, w) in [-1, 1] on one sheet, each pixel `enlarged` times as large."""
    from gancourse.plots import sheet

    picture = Image.fromarray(sheet(images, columns=min(columns, len(images))))
    with written(path) as partial:
        picture.resize((picture.width * enlarged, picture.height * enlarged), Image.Resampling.NEAREST).save(partial)


def write_json(values: dict, path: Path, indent: int | None = 2) -> None:
    with written(path) as partial:
        partial.write_text(json.dumps(values, indent=indent) + "\n", "utf-8")


def write_losses(history: dict[str, list[float]], references: dict[str, dict[str, float]], path: Path) -> None:
    """The losses of two sides beside one another, with lines to compare with, by name for each side. No curve where
    the history was lost."""
    plots = quiet_plots()
    figure, axes = plots.plt.subplots(1, 2, figsize=(10, 2.8), layout="tight")
    for ax, (name, values) in zip(axes, history.items(), strict=False):
        plots.losses({name: values}, references.get(name), ax)
    with written(path) as partial:
        figure.savefig(partial, dpi=150)
    plots.plt.close(figure)


def quiet_plots():
    """gancourse.plots, drawing into files."""
    import matplotlib

    matplotlib.use("Agg")
    from gancourse import plots

    return plots
