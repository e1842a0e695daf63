"""Text that is safe to show on a terminal. Makes no table."""

_KIB = 1024


def printable(text: object) -> str:
    """Replace what a terminal would obey: file names and documents may carry escape sequences."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in str(text))


def is_utf8(name: object) -> bool:
    """Tell whether a file's name is text: others cannot be shown, or put into a request."""
    try:
        str(name).encode()
    except UnicodeEncodeError:
        return False
    return True


def size_of(count: int) -> str:
    """Write a number of bytes for people: `1.5 MiB`."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB"):
        if amount < _KIB:
            return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= _KIB
    return f"{amount:.1f} GiB"
