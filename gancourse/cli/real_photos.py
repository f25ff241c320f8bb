"""What a perfect game would reach: the judge's figures of real photos, to be read beside those of drawn ones."""

from gancourse.data.label_maps import to_mask
from gancourse.data.pairs import Pairs
from gancourse.segmenter import Segmenter, assess, kernel_distance


def real_ones(judge: Segmenter, pairs, held_out: Pairs, classes: int) -> dict[str, float]:
    """The held-out photos read by the judge, and their kernel distance to photos of as many other houses.

    Args:
        judge: of photos.
        pairs, held_out: label maps x and photos y; `pairs` may be larger.
        classes: of the label maps.
    """
    x, y = held_out.floats()
    others = cut(pairs[: len(held_out)], x.shape[-1]).floats()[1]
    features = [judge.look(photos)[0] for photos in (y, others)]
    iou = assess(judge, y, y, to_mask(x, classes))["iou"]
    return {"iou of real": iou, "kernel of real": kernel_distance(*features)}


def cut(pairs: Pairs, size: int) -> Pairs:
    """A square out of each pair that is larger, for the jitter of training: a judge takes sides divisible by 8."""
    return Pairs(pairs.name, pairs.x[..., :size, :size], pairs.y[..., :size, :size])
