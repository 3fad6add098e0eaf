"""Shades of one strong colour that stay readable, in light and dark (WCAG 2.2, 1.4.3: contrast)."""

from typing import Final

Colour = tuple[int, int, int]

_WHITE: Final = (255, 255, 255)
_DARK_PAGE: Final = (0x0E, 0x1B, 0x21)
_GOOD_CONTRAST: Final = 7.0
_LEAST_CONTRAST: Final = 4.5


def parse(text: str) -> Colour:
    """Read `#RRGGBB`.

    :raises ValueError: if the text has another form, or white text on the colour could not be read.
    """
    if len(text) != 7 or not text.startswith("#"):
        raise ValueError("write the colour as #RRGGBB")
    colour = (int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16))
    if contrast(colour, _WHITE) < _LEAST_CONTRAST:
        raise ValueError(
            f"white text on {text} has a contrast of {contrast(colour, _WHITE):.1f}; choose a darker colour, "
            f"{_LEAST_CONTRAST} or more"
        )
    return colour


def contrast(one: Colour, other: Colour) -> float:
    """Measure the contrast of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def stylesheet(text: str) -> str:
    """Write the custom properties that put the colour in the place of ours."""
    light = parse(text)
    dark = light
    while contrast(dark, _DARK_PAGE) < _GOOD_CONTRAST:
        dark = _mix(dark, _WHITE, 0.08)
    return (
        f":root{{{_properties(light, hover=_mix(light, (0, 0, 0), 0.25), shadow=_mix(light, (0, 0, 0), 0.45))}"
        f"--kapi-header:{_written(_mix(light, (0, 0, 0), 0.35))}}}"
        "@media screen and (prefers-color-scheme:dark){:root{"
        f"{_properties(dark, hover=_mix(dark, _WHITE, 0.35), shadow=_mix(dark, (0, 0, 0), 0.45))}}}}}"
    )


def _properties(colour: Colour, *, hover: Colour, shadow: Colour) -> str:
    return (
        f"--govuk-brand-colour:{_written(colour)};--govuk-link-colour:{_written(colour)};"
        f"--govuk-link-hover-colour:{_written(hover)};--kapi-button-hover:{_written(hover)};"
        f"--kapi-button-shadow:{_written(shadow)};"
    )


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (c / 255 for c in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mix(colour: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return (red, green, blue)


def _written(colour: Colour) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)
