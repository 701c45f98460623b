"""Pictures of the sea, drawn with Pillow: the demo downloads nothing."""

from __future__ import annotations

import io
import math
import random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

SIZE = (1600, 1200)
# Sky above, sky at the horizon, sun or moon, near water.
PALETTES = [
    ("#3b4a78", "#f6b28b", "#fff1c9", "#24415c"),
    ("#4f9fce", "#dff1ef", "#ffffff", "#0f5a70"),
    ("#131c3d", "#6f6aa8", "#f4ead0", "#0d1730"),
    ("#39444c", "#a9b0a6", "#e6e2cf", "#1d2a30"),
]

Colour = tuple[int, int, int]


def draw(number: int) -> bytes:
    """Return the scene with this number as a JPEG; the same one each time."""
    chance = random.Random(number)  # noqa: S311 - waves, not secrets
    top, horizon, disc, water = (rgb(text) for text in PALETTES[number % len(PALETTES)])
    picture = sky(top, horizon)
    glow(picture, disc, centre=(chance.randint(450, 1150), chance.randint(330, 560)))
    for depth in range(7):
        wave(picture, mix(horizon, water, (depth + 1) / 7), depth=depth, chance=chance)
    grain = Image.effect_noise(SIZE, 14).convert("RGB")
    picture = Image.blend(picture, ImageChops.overlay(picture, grain), 0.5)
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=88)
    return content.getvalue()


def sky(top: Colour, horizon: Colour) -> Image.Image:
    column = Image.new("RGB", (1, SIZE[1]))
    for y in range(SIZE[1]):
        column.putpixel((0, y), mix(top, horizon, min(1.0, y / (SIZE[1] * 0.62))))
    return column.resize(SIZE)


def glow(picture: Image.Image, colour: Colour, *, centre: tuple[int, int]) -> None:
    """Add a disc and the light around it."""
    for radius, strength, blur in ((330, 70, 130), (95, 255, 2)):
        light = Image.new("L", SIZE, 0)
        box = [centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius]
        ImageDraw.Draw(light).ellipse(box, fill=strength)
        picture.paste(colour, mask=light.filter(ImageFilter.BoxBlur(blur)))


def wave(picture: Image.Image, colour: Colour, *, depth: int, chance: random.Random) -> None:
    """Add one line of waves; the nearer, the larger."""
    level = SIZE[1] * (0.56 + 0.065 * depth)
    swings = [
        (chance.uniform(0.4, 1) * (4 + 5 * depth), chance.uniform(160, 520), chance.uniform(0, 6.3))
        for _ in range(3)
    ]
    crest = [
        (x, level + sum(high * math.sin(x / long + shift) for high, long, shift in swings))
        for x in range(0, SIZE[0] + 8, 8)
    ]
    ImageDraw.Draw(picture).polygon([*crest, (SIZE[0], SIZE[1]), (0, SIZE[1])], fill=colour)


def rgb(text: str) -> Colour:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
