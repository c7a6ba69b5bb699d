import pytest

from samplegen.pack.palette import contrast, luminance, oklch_to_rgb, palette_of, rgb_to_hex


def test_contrast_is_that_of_wcag():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21.0)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize(
    ("lch", "rgb"),
    [((1.0, 0.0, 0.0), (255, 255, 255)), ((0.0, 0.0, 0.0), (0, 0, 0)), ((0.627955, 0.257683, 29.2339), (255, 0, 0))],
)
def test_oklch_gives_the_published_colours(lch, rgb):
    assert oklch_to_rgb(*lch) == rgb


def test_a_colour_outside_srgb_loses_chroma_only():
    red, green, blue = oklch_to_rgb(0.9, 0.37, 265.0)
    assert blue > max(red, green)
    assert luminance((red, green, blue)) > 0.5


@pytest.mark.parametrize("seed", range(12))
def test_gradients_grow_lighter_all_the_way(seed):
    light = [luminance(colour) for colour in palette_of(seed=seed, name="pack").gradient(64)]
    assert all(after > before for before, after in zip(light, light[1:], strict=False))
    assert light[0] < 0.01
    assert light[-1] > 0.7


def test_accents_are_legible_on_dark_and_light():
    palette = palette_of(seed=3, name="pack")
    for ground in ((20, 16, 24), (250, 248, 252)):
        assert contrast(palette.accent(ground, lightness=0.6), ground) >= 4.5


def test_seed_and_name_choose_the_palette():
    assert palette_of(seed=1, name="a") == palette_of(seed=1, name="a")
    assert len({palette_of(seed=seed, name="a") for seed in range(20)}) > 10
    assert palette_of(seed=1, name="a") != palette_of(seed=1, name="b")
    assert rgb_to_hex((1, 160, 255)) == "#01a0ff"
