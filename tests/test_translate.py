"""Pictures through a generator: any size and mode; generators from files of ours and official ones."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from gancourse import checkpoint, generators, pretrained, recipes, translate
from gancourse.games.gan import GAN
from gancourse.games.pix2pix import Pix2Pix, answer
from gancourse.networks.mlp import MLPDiscriminator, MLPGenerator
from gancourse.networks.patchgan import PatchGAN
from gancourse.networks.resnet import ResNetGenerator
from gancourse.networks.unet import UNet


class Same(nn.Module):
    """A U-Net in name only: gives back what it sees, and notes the size."""

    def __init__(self, c: int = 3):
        super().__init__()
        self.seen, self.layer = [], nn.Conv2d(c, c, 1, bias=False)
        self.layer.weight.data = torch.eye(c).view(c, c, 1, 1)

    def forward(self, x):
        self.seen.append(tuple(x.shape[2:]))
        return self.layer(x)


def noise(w: int, h: int, mode: str = "RGB") -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (h, w, 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (7, 5), (8, 8), (33, 62), (64, 64), (101, 65)])
@pytest.mark.parametrize("G", [UNet(base=2, downs=5), UNet(base=2, downs=6), ResNetGenerator(base=2, blocks=1)])
def test_any_size_comes_back_in_its_size(G, size):
    for batch_statistics in (False, True):
        y = translate.translate(G, noise(*size), batch_statistics=batch_statistics)
        assert y.size == size and y.mode == "RGB"


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (8, 8), (13, 30), (40, 21)])
def test_padding_is_cropped_back_to_the_pixel(size):
    G = Same()
    assert np.array_equal(np.array(translate.translate(G, noise(*size))), np.array(noise(*size)))
    assert all(side % 4 == 0 and side >= 8 for side in G.seen[0])


def test_a_size_that_fits_is_not_padded():
    G = UNet(base=2, downs=5).eval()
    x = translate.as_tensor(noise(64, 32))
    assert torch.equal(translate.on_any_size(G, x), answer(G, x))


def test_the_shorter_side_is_made_so_long_and_the_shape_is_kept():
    for size, side, expected in (((700, 400), 64, (112, 64)), ((30, 60), 64, (64, 128)), ((50, 1), 8, (400, 8))):
        assert translate.with_shorter_side(noise(*size), side).size == expected
    picture = noise(64, 80)
    assert np.array_equal(np.array(translate.with_shorter_side(picture, 64)), np.array(picture))
    with pytest.raises(ValueError, match="1 x 20000 would become 8192 x 163840000: take a smaller size"):
        translate.with_shorter_side(noise(1, 20_000), 8192)


def test_the_border_is_mirrored_where_it_can_be():
    x = torch.arange(5.0).view(1, 1, 1, 5)
    assert translate.padded(x, 2, 1, 0, 0).flatten().tolist() == [2, 1, 0, 1, 2, 3, 4, 3]
    assert translate.padded(x, 5, 0, 1, 1)[0, 0].tolist() == 3 * [[0, 0, 0, 0, 0, 0, 1, 2, 3, 4]]


def test_one_channel_in_and_out():
    y = translate.translate(Same(1), noise(10, 10))
    assert y.mode == "L" and np.array_equal(np.array(y), np.array(noise(10, 10, "L")))
    assert translate.translate(UNet(1, 3, base=2, downs=5), noise(10, 10)).mode == "RGB"
    for G in (UNet(4, 3, base=2, downs=5), UNet(3, 2, base=2, downs=5)):
        with pytest.raises(ValueError, match="channels.*only 1, 3 and the 14"):
            translate.translate(G, noise(10, 10))


def test_dropout_is_off_unless_asked_for_and_then_follows_the_seed():
    G, x = UNet(base=4, downs=6), noise(64, 64)
    for weight in G.parameters():
        weight.data *= 5  # so that its answers differ by more than a shade

    def pixels(**how):
        return np.array(translate.translate(G, x, **how))

    before = torch.get_rng_state()
    assert np.array_equal(pixels(seed=0), pixels(seed=1))
    assert np.array_equal(pixels(dropout=True, seed=1), pixels(dropout=True, seed=1))
    assert not np.array_equal(pixels(dropout=True, seed=1), pixels(dropout=True, seed=2))
    assert torch.equal(torch.get_rng_state(), before) and G.training


def read(picture: Image.Image, path, **how) -> np.ndarray:
    picture.save(path, **how)
    return np.array(translate.read_picture(path))


def test_modes_are_read_as_rgb(tmp_path):
    grey = noise(9, 7, "L")
    three = np.array(grey.convert("RGB"))
    assert np.array_equal(read(grey, tmp_path / "l.png"), three)
    deep = Image.fromarray(np.array(grey).astype(np.uint16) * 257)
    assert deep.mode.startswith("I") and np.array_equal(read(deep, tmp_path / "deep.png"), three)
    bits = Image.fromarray(np.array(grey) > 127)
    assert np.array_equal(read(bits, tmp_path / "1.png"), np.array(bits.convert("RGB")))
    palette = noise(9, 7).quantize(8)
    assert np.array_equal(read(palette, tmp_path / "p.bmp"), np.array(palette.convert("RGB")))
    red = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    assert abs(read(red, tmp_path / "c.jpg")[4, 4].astype(int) - (255, 0, 0)).max() < 10


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_white(mode, tmp_path):
    picture = Image.new("RGBA", (4, 4), (10, 10, 10, 0))
    picture.putpixel((0, 0), (200, 200, 200, 255))
    shown = read(picture.quantize(4) if mode == "P" else picture.convert(mode), tmp_path / "a.png")
    assert shown[0, 0].tolist() == [200] * 3 and shown[1, 1].tolist() == [255] * 3


def test_orientation_is_that_of_the_camera(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its left side
    picture = Image.new("RGB", (40, 20), "white")
    picture.paste("black", (0, 0, 20, 20))
    shown = read(picture, tmp_path / "a.jpg", exif=exif, quality=95)
    assert shown.shape == (40, 20, 3) and shown[:15].max() < 60 and shown[25:].min() > 200


def test_what_cannot_be_read_is_named(tmp_path, monkeypatch):
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "empty.jpg").write_bytes(b"")
    noise(90, 90).save(tmp_path / "whole.png")
    (tmp_path / "half.png").write_bytes((tmp_path / "whole.png").read_bytes()[:9000])
    for name in ("text.png", "empty.jpg", "half.png"):
        with pytest.raises(ValueError, match=f"{name} is no picture, or is damaged: ") as caught:
            translate.read_picture(tmp_path / name)
        assert str(caught.value).count(str(tmp_path)) == 1
    Image.fromarray(np.random.default_rng(0).random((9, 9), np.float32)).save(tmp_path / "floats.tif")
    with pytest.raises(ValueError, match=r"floats.tif holds floats \(mode F\), .*: save it with 8 bits a channel"):
        translate.read_picture(tmp_path / "floats.tif")
    with pytest.raises(FileNotFoundError, match="none.png"):
        translate.read_picture(tmp_path / "none.png")
    for most in (8000, 1000):  # Pillow warns above this number and refuses above twice as many
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", most)
        with pytest.raises(ValueError, match=f"whole.png is too large, more than {most:,} pixels"):
            translate.read_picture(tmp_path / "whole.png")


NETS = {
    "unet": lambda: UNet(base=2, downs=5),
    "instance": lambda: UNet(1, 3, base=2, downs=6, norm=nn.InstanceNorm2d),
    "no skips": lambda: UNet(base=2, downs=5, skips=False),
    "resnet": lambda: ResNetGenerator(base=2, blocks=2),
    "batch": lambda: ResNetGenerator(3, 1, base=2, blocks=1, norm=nn.BatchNorm2d),
    "dropout": lambda: ResNetGenerator(base=2, blocks=1, dropout=0.5),
}


@pytest.mark.parametrize("name", NETS)
def test_a_generator_comes_back_from_a_game_and_from_an_official_file(name, tmp_path):
    net = NETS[name]().eval()
    checkpoint.save(Pix2Pix(net, PatchGAN(base=2, layers=1)), tmp_path / "game.pt")
    files = [tmp_path / "game.pt", tmp_path]
    if name != "no skips":  # the reference project has no such network
        pretrained.save_generator(net, tmp_path / "latest_net_G.pth")
        pretrained.save_generator(net, tmp_path / "official" / "latest_net_G.pth")
        files += [tmp_path / "latest_net_G.pth", tmp_path / "official"]
    x = translate.as_tensor(noise(64, 64), translate.channels(net)[0])
    for file in files:
        again = generators.load(file)
        assert not again.training and torch.equal(again(x), net(x)), file
        dropouts = [[m.p for m in n.modules() if isinstance(m, nn.Dropout)] for n in (net, again)]
        assert dropouts[0] == dropouts[1]


def test_the_running_mean_comes_where_one_is_kept(tmp_path):
    game = Pix2Pix(UNet(base=2, downs=5), PatchGAN(base=2, layers=1))
    game.average("G")
    with torch.no_grad():
        game.G.ups[-1][1].bias += 1
    checkpoint.save(game, tmp_path / "game.pt")
    loaded = generators.load(tmp_path)
    assert torch.equal(loaded.ups[-1][1].bias, game.averaged("G").ups[-1][1].bias)
    assert not torch.equal(loaded.ups[-1][1].bias, game.G.ups[-1][1].bias)


def test_what_holds_no_generator_of_pictures_is_told(tmp_path):
    checkpoint.save(GAN(MLPGenerator(), MLPDiscriminator()), tmp_path / "digits.pt")
    pretrained.save_discriminator(PatchGAN(base=2), tmp_path / "latest_net_D.pth")
    (tmp_path / "text.pt").write_text("x")
    (tmp_path / "text.pth").write_text("x")
    (tmp_path / "folder").mkdir()
    for name, message in (
        ("digits.pt", "its G turns no picture into a picture"),
        ("latest_net_D.pth", "PatchGAN .* not a generator"),
        ("text.pt", "text.pt is no checkpoint, or is damaged"),
        ("text.pth", "text.pth holds no weights, or is damaged"),
        ("folder", "folder holds no game.pt and no latest_net_G.pth"),
        ("none", "there is no checkpoint .*none"),
    ):
        with pytest.raises((ValueError, FileNotFoundError), match=message):
            generators.load(tmp_path / name)
    checkpoint.save(Pix2Pix(UNet(base=2, downs=5), PatchGAN(base=2)), tmp_path / "game.pt")
    with pytest.raises(ValueError, match="holds no player F, only D, G"):
        generators.load(tmp_path / "game.pt", player="F")


def test_the_recipe_fits_its_sizes(monkeypatch):
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    for size, (downs, layers, _) in recipes.PIX2PIX.items():
        game = recipes.pix2pix(size, rounds=10)
        assert 2**downs == size and game.D.smallest == 3 * 2**layers
        assert [round(game.schedule(i), 2) for i in (0, 4, 5, 9)] == [1, 1, 0.83, 0.17]


def test_label_maps_go_in_and_out_as_colours():
    from gancourse.data.label_maps import to_colours

    labels = Image.fromarray(to_colours(torch.arange(14).repeat(14, 1)[None])[0].permute(1, 2, 0).numpy())
    assert np.array_equal(np.array(translate.translate(Same(14), labels)), np.array(labels))
