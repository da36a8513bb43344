"""Pixels of a PNG file, as browsers write screenshots: eight bits a colour, not interlaced."""

import struct
import zlib
from pathlib import Path

import attrs

Colour = tuple[int, int, int]


@attrs.frozen
class Pixels:
    """``rows`` are bytes of red, green and blue (and, with ``step`` 4, opacity)."""

    width: int
    height: int
    rows: list[bytes]
    step: int

    def at(self, x: int, y: int) -> Colour:
        red, green, blue = self.rows[y][x * self.step : x * self.step + 3]
        return red, green, blue

    def brightness(self) -> float:
        """The mean of all colours, from 0 to 255."""
        return sum(map(sum, self.rows)) / sum(map(len, self.rows))

    def colours(self) -> set[Colour]:
        """The colours of every fifth pixel, across and down."""
        return {self.at(x, y) for y in range(0, self.height, 5) for x in range(0, self.width, 5)}


def read(path: Path) -> Pixels:
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    assert (8, 0) == (depth, interlaced)
    step = {2: 3, 6: 4}[kind]
    packed, place = b"", 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        if data[place + 4 : place + 8] == b"IDAT":
            packed += data[place + 8 : place + 8 + length]
        place += length + 12
    return Pixels(width, height, _unfiltered(zlib.decompress(packed), width * step, height, step), step)


def _unfiltered(data: bytes, wide: int, height: int, step: int) -> list[bytes]:
    """Each row is told as the difference from what is left of it or above it."""
    rows: list[bytes] = []
    above = bytes(wide)
    for number in range(height):
        start = number * (wide + 1)
        row = bytearray(data[start + 1 : start + 1 + wide])
        match data[start]:
            case 1:
                for k in range(step, wide):
                    row[k] = (row[k] + row[k - step]) & 255
            case 2:
                row = bytearray((a + b) & 255 for a, b in zip(row, above, strict=True))
            case 3:
                for k in range(wide):
                    row[k] = (row[k] + ((row[k - step] if k >= step else 0) + above[k]) // 2) & 255
            case 4:
                for k in range(wide):
                    left, corner = (row[k - step], above[k - step]) if k >= step else (0, 0)
                    row[k] = (row[k] + _nearest(left, above[k], corner)) & 255
        above = bytes(row)
        rows.append(above)
    return rows


def _nearest(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))
