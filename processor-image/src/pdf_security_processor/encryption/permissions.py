"""What a reader may do, in pyHanko's words and in the contract's: ISO 32000-2, tables 22 and 24."""

from __future__ import annotations

from typing import TypeVar

from pyhanko.pdf_utils.crypt.permissions import PdfPermissions

from pdf_security_processor.contract import Permissions

Flags = TypeVar("Flags", bound=PdfPermissions)

_PRINT, _PRINT_HIGH = "ALLOW_PRINTING", "ALLOW_HIGH_QUALITY_PRINTING"

_NAMES = {
    "copy": "ALLOW_CONTENT_EXTRACTION",
    "modify": "ALLOW_MODIFICATION_GENERIC",
    "annotate": "ALLOW_ANNOTS_FORM_FILLING",
    "fillForms": "ALLOW_FORM_FILLING",
    "assemble": "ALLOW_REASSEMBLY",
    "accessibility": "ALLOW_ASSISTIVE_TECHNOLOGY",
}

_EVERYTHING = "ALLOW_ENCRYPTION_CHANGE"
"""Of a recipient: whoever has it may do anything."""


def permissions_of(flags: PdfPermissions | None) -> dict[str, bool | str]:
    """Tell what flags allow, as a report does."""
    if flags is None:
        return {}
    given = {flag.name for flag in type(flags) if flag in flags}
    printing = "high" if _PRINT_HIGH in given else "low"
    told: dict[str, bool | str] = {"print": printing if _PRINT in given else "none"}
    return told | {name: flag in given for name, flag in _NAMES.items()}


def flags_of(permissions: Permissions, kind: type[Flags]) -> Flags:
    """Give the flags of what a job allows; what is unset is allowed."""
    given = permissions.to_json_dict()
    taken = {flag for name, flag in _NAMES.items() if given.get(name) is False}
    if permissions.print in ("none", "low"):
        taken.add(_PRINT_HIGH)
    if permissions.print == "none":
        taken.add(_PRINT)
    if taken:
        taken.add(_EVERYTHING)
    flags = kind(0)
    for flag in kind:
        if flag.name not in taken:
            flags |= flag
    return flags
