"""What each kind of finding is, and why it goes, in words for people. Data only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of thing in a document.

    Attributes:
        what: it is.
        why: it is taken out.
    """

    what: str
    why: str


_CODE = "Code of the document would run in the reader's program."
_CALLS = "It calls another machine, which learns who reads what, or may get what was filled in."
_OTHER_FILE = "It opens a file or a program that is not this document."
_CARRIED = "Whatever is carried along is not looked at, and may be anything."
_HIDDEN = "It holds what no page shows, and tells more than the author means to."
_PLAYER = "It starts a player or a plug-in, with faults of its own."
_ALTERS = "It changes what is seen after somebody has looked."
_LEADS = "It leads to content that no page shows."

KINDS = {
    "JavaScript": Kind("A script", _CODE),
    "NamedJavaScript": Kind("Scripts that run when the document opens", _CODE),
    "OpenAction": Kind("Something done when the document opens", "Nobody is asked before it."),
    "XFA": Kind("A form in XML with scripts of its own", _CODE),
    "PostScript": Kind("A PostScript program", _CODE),
    "Launch": Kind("Starts a program or opens a file", _OTHER_FILE),
    "GoToR": Kind("A jump into another document", _OTHER_FILE),
    "GoToE": Kind("A jump into an attached document", _OTHER_FILE),
    "Thread": Kind("A thread of articles in another document", _OTHER_FILE),
    "ExternalStream": Kind("Content that is fetched from another file", _OTHER_FILE),
    "ReferenceXObject": Kind("A page of another document, drawn in this one", _OTHER_FILE),
    "OPI": Kind("A picture that is fetched from a server for printing", _OTHER_FILE),
    "URI": Kind("A link to an address outside", _CALLS),
    "SubmitForm": Kind("Sends what was filled in", _CALLS),
    "ImportData": Kind("Fills the form from a file", _OTHER_FILE),
    "URLS": Kind("Pages of the web that were captured, by address", _CALLS),
    "IDS": Kind("Pages of the web that were captured, by digest", _HIDDEN),
    "WebCapture": Kind("What a program that captured the web noted", _HIDDEN),
    "ResetForm": Kind("Empties a form", _ALTERS),
    "Hide": Kind("Hides or shows what stands on a page", _ALTERS),
    "SetOCGState": Kind("Switches layers on and off", _ALTERS),
    "GoToDp": Kind("A jump to a part of the document", _LEADS),
    "Movie": Kind("Plays a film", _PLAYER),
    "MovieAnnotation": Kind("A film on a page", _PLAYER),
    "Sound": Kind("Plays a sound", _PLAYER),
    "SoundAnnotation": Kind("A sound on a page", _PLAYER),
    "Rendition": Kind("Plays media", _PLAYER),
    "Renditions": Kind("Media to be played", _PLAYER),
    "RichMedia": Kind("Media with a program of its own", _PLAYER),
    "RichMediaExecute": Kind("A command to a media player", _PLAYER),
    "3D": Kind("A scene in three dimensions", _PLAYER),
    "GoTo3DView": Kind("Turns a scene in three dimensions", _PLAYER),
    "AlternatePresentations": Kind("A slide show that replaces the pages", _PLAYER),
    "EmbeddedFile": Kind("A file within the document", _CARRIED),
    "EmbeddedFiles": Kind("The list of attached files", _CARRIED),
    "FileAttachment": Kind("An attached file on a page", _CARRIED),
    "AF": Kind("Files that belong to a part of the document", _CARRIED),
    "Collection": Kind("A portfolio of files", _CARRIED),
    "Requirements": Kind("What the document asks of its reader", "It asks for scripts or players."),
    "Templates": Kind("Pages that are not shown", _LEADS),
    "Alternates": Kind("Another picture in place of the one seen", _LEADS),
    "Thumbnail": Kind("A small picture of a page", "It may show what the page no longer has."),
    "PieceInfo": Kind("Private data of a program", _HIDDEN),
    "Metadata": Kind("Metadata as XMP", _HIDDEN),
    "Info": Kind("The document's information: author, title, programs, dates", _HIDDEN),
    "LastModified": Kind("When a part was changed", _HIDDEN),
    "Signature": Kind("A signature", "The job asks for it: any change breaks a signature."),
    "Redaction": Kind("A place that was blacked out", "The job asks for it."),
    "RedactedPage": Kind("A page that became a picture", "Nothing is left under the black."),
}

UNKNOWN = Kind("Not known to this program", "See the report's kind in ISO 32000-2.")

_LINKS = "Mode keepLinks of the job lets links to web and mail addresses stay."
_ATTACHED = "attachments: keepPdf of the job lets PDF documents stay, each sanitized."

_KEPT = {
    "URI": _LINKS,
    "EmbeddedFile": _ATTACHED,
    "EmbeddedFiles": _ATTACHED,
    "FileAttachment": _ATTACHED,
    "AF": _ATTACHED,
}

_UNEXPECTED = "No rule of the job's is known to ask for it: look at it before passing this on."


def kind_of(name: str) -> Kind:
    """Say what a kind is."""
    return KINDS.get(name, UNKNOWN)


def why_kept(name: str) -> str:
    """Say why one of this kind may still be there."""
    return _KEPT.get(name, _UNEXPECTED)
