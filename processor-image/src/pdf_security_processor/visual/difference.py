"""How different two pictures of a page are. Pure: numbers in, a number out."""

from collections import Counter

from pdf_security_processor.page_views import SAMPLES

TILE = 16
"""Side of the squares that a page is looked at by, in pixels: about two letters."""

NOTICED = 24
"""Difference of one sample, of 255, from which on somebody may notice it."""

CHANGED = 0.01
"""Share of a tile's samples from which on a page counts as changed: a digit for another is more."""


def difference_of(before: bytes, after: bytes, width: int) -> float:
    """Give the share of samples that differ noticeably, in the tile where it is largest.

    By tiles, for a changed digit is nothing to a page, and everything to who reads it.

    Args:
        before: three bytes a pixel, row by row.
        after: of the same size.
        width: pixels of a row.
    """
    if before == after:
        return 0.0
    row_bytes, tile_bytes = width * SAMPLES, TILE * SAMPLES
    tiles: Counter[tuple[int, int]] = Counter()
    for row, start in enumerate(range(0, len(before), row_bytes)):
        end = start + row_bytes
        if before[start:end] == after[start:end]:
            continue
        for left in range(start, end, tile_bytes):
            right = min(left + tile_bytes, end)
            one, other = before[left:right], after[left:right]
            if one != other:
                noticed = sum(abs(a - b) > NOTICED for a, b in zip(one, other, strict=True))
                tiles[row // TILE, left - start] += noticed
    height = len(before) // row_bytes
    samples = min(TILE, width) * min(TILE, height) * SAMPLES
    return max(tiles.values()) / samples
