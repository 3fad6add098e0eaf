"""Draw the mark as PNG files, for what takes no SVG: the home screens of telephones and the web manifest.

Usage: python assets/build_icons.py [TARGET_FOLDER]

The files are small and lie beside the SVG (src/kapi/sites/ui/static/ui); run this after changing the mark. The mark is
white on the colour of the header and keeps to the middle, so that a telephone may cut the icon round (maskable).
"""

import math
import re
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

HOME: Final = Path(__file__).resolve().parent.parent / "src/kapi/sites/ui/static/ui"
SIZES: Final = (180, 192, 512)
GROUND: Final = (0x0B, 0x3C, 0x49)
SHARE: Final = 0.56  # how much of the icon's width the drawing takes; a circle that cuts the icon leaves 0.8

Point = tuple[float, float]
Distance = Callable[[float, float], float]


def parts_of(path: str) -> list[Distance]:
    """Return how far a point is from each part of a path of lines (M V h v z) and half circles (a)."""
    tokens = iter(re.findall(r"[A-Za-z]|-?[0-9.]+", path))
    at = start = (0.0, 0.0)
    parts: list[Distance] = []

    def number() -> float:
        return float(next(tokens))

    for command in tokens:
        before = at
        match command:
            case "M":
                at = start = (number(), number())
                continue
            case "V":
                at = (at[0], number())
            case "v":
                at = (at[0], at[1] + number())
            case "h":
                at = (at[0] + number(), at[1])
            case "z":
                at = start
            case "a":
                radius, _same, _turn, _large, _sweep = (number() for _ in range(5))
                at = (at[0] + number(), at[1] + number())
                parts.append(_upper_half(before, at, radius))
                continue
            case _:
                raise SystemExit(f"the mark has a part that this program does not draw: {command}")
        parts.append(_line(before, at))
    return parts


def draw(size: int, mark: Path) -> bytes:
    """Draw the mark as a square PNG file of so many pixels."""
    root = ET.fromstring(mark.read_text(encoding="utf-8"))  # noqa: S314 - it is ours
    drawn = root.find("{*}path")
    if drawn is None:
        raise SystemExit("the mark has no path")
    parts, half_width = parts_of(drawn.attrib["d"]), float(drawn.attrib["stroke-width"]) / 2
    left, top, width, _height = map(float, root.attrib["viewBox"].split())
    unit = size * SHARE / width  # pixels for one unit of the drawing
    margin = size * (1 - SHARE) / 2
    rows = bytearray()
    for row in range(size):
        rows.append(0)  # no filter
        y = (row + 0.5 - margin) / unit + top
        for column in range(size):
            x = (column + 0.5 - margin) / unit + left
            away = min(part(x, y) for part in parts)
            covered = min(1.0, max(0.0, (half_width - away) * unit + 0.5))
            rows.extend(round(ground + (255 - ground) * covered) for ground in GROUND)
    return _png(size, bytes(rows))


def pixels_of(png: bytes) -> tuple[int, int, bytes]:
    """Return width, height and pixels of a file that `draw` made."""
    width, height = struct.unpack(">II", png[16:24])
    length = struct.unpack(">I", png[33:37])[0]
    return width, height, zlib.decompress(png[41 : 41 + length])


def main(target: Path) -> None:
    """Write the files."""
    for size in SIZES:
        (target / f"icon-{size}.png").write_bytes(draw(size, HOME / "mark.svg"))


def _line(a: Point, b: Point) -> Distance:
    (ax, ay), dx, dy = a, b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy or 1.0

    def distance(x: float, y: float) -> float:
        along = min(1.0, max(0.0, ((x - ax) * dx + (y - ay) * dy) / length))
        return math.hypot(x - ax - along * dx, y - ay - along * dy)

    return distance


def _upper_half(a: Point, b: Point, radius: float) -> Distance:
    """A half circle over two points of one height."""
    middle, base = (a[0] + b[0]) / 2, a[1]
    if not math.isclose(abs(b[0] - a[0]), 2 * radius) or a[1] != b[1]:
        raise SystemExit("the mark has an arc that is no half circle")

    def distance(x: float, y: float) -> float:
        if y <= base:
            return abs(math.hypot(x - middle, y - base) - radius)
        return min(math.hypot(x - a[0], y - base), math.hypot(x - b[0], y - base))

    return distance


def _png(size: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    written = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HOME)
