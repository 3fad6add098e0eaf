"""Cut the typeface down to what Turkish and English pages show: two small files instead of two large ones.

Usage: python assets/build_fonts.py FOLDER_OF_WOFF2_FILES TARGET_FOLDER

Letters of other languages stay in the files as the package ships them; a browser fetches those only when a page shows
such a letter (`unicode-range` in assets/styles/_fonts.scss, which must list the same letters as here). The typeface has
no sign for the lira: pages write "TL", as people do, and a "₺" in somebody's text comes from the system's font.
"""

import sys
from pathlib import Path
from typing import Final

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

NAME: Final = "atkinson-hyperlegible-next-{part}-wght-normal.woff2"
WEIGHTS: Final = (400, 700)
LATIN: Final = [*range(0x20, 0x7F), 0xA0, 0xA7, 0xA9, 0xAB, 0xB0, 0xB7, 0xBB, *map(ord, "ÂÇÎÖÛÜâçîöûüı–—‘’“”•…×½")]
TURKISH: Final = [*map(ord, "ĞğİŞş")]


def cut(*, source: Path, target: Path, letters: list[int]) -> None:
    """Keep the letters, the weights between regular and bold, kerning and tabular figures."""
    font = TTFont(source)
    missing = [chr(letter) for letter in letters if letter not in font.getBestCmap()]
    if missing:
        raise SystemExit(f"{source.name} has no {' '.join(missing)}")
    options = Options()
    options.layout_features = ["kern", "mark", "mkmk", "ccmp", "tnum"]
    options.hinting = False
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    font = instantiateVariableFont(font, {"wght": WEIGHTS})
    font.flavor = "woff2"
    font.save(target)


def main(source: Path, target: Path) -> None:
    """Write the four files that the stylesheet names."""
    target.mkdir(parents=True, exist_ok=True)
    cut(source=source / NAME.format(part="latin"), target=target / "latin.woff2", letters=LATIN)
    cut(source=source / NAME.format(part="latin-ext"), target=target / "turkish.woff2", letters=TURKISH)
    for part in ("latin", "latin-ext"):
        name = f"other-{part}.woff2"
        (target / name).write_bytes((source / NAME.format(part=part)).read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
