"""What `redact` is told: words, patterns and areas that are taken out of a document."""

import re
from typing import Annotated

from pydantic import ConfigDict, Field, field_validator

from pdf_security_processor.contract.model import Model, cel_rules

DotsAnInch = Annotated[int, Field(ge=36, le=600)]
"""Of pictures that pages become."""

REDACTED_DOTS_AN_INCH = 200
"""As sharp as most scans: what is left on such a page is still to be read."""


class Area(Model):
    """A rectangle of a page."""

    page: Annotated[int, Field(ge=1, le=100_000)] = Field(description="From 1.")
    rectangle: Annotated[
        list[Annotated[float, Field(ge=-1e6, le=1e6)]], Field(min_length=4, max_length=4)
    ] = Field(
        description="Two opposite corners, in points and in the page's own coordinates: left, "
        "bottom, right, top.",
    )


Term = Annotated[str, Field(min_length=1, max_length=256)]


class Redact(Model):
    """Take text and areas out for good: pages that have any become pictures, black where they were.

    What `sanitize` takes out goes too, for words may stand there as well, but for invisible text,
    which is what scans are searched by; a `sanitize` that comes after takes that out.
    """

    texts: Annotated[list[Term], Field(max_length=64)] | None = Field(
        default=None,
        description="Words to take out wherever they stand, whatever their case, and whatever "
        "spaces, hyphens and ends of lines are between their letters.",
    )
    patterns: Annotated[list[Term], Field(max_length=16)] | None = Field(
        default=None,
        description="Regular expressions, as Python has them, of what to take out; each end of a "
        "line is a space to them.",
    )
    areas: Annotated[list[Area], Field(max_length=256)] | None = Field(
        default=None, description="Rectangles to take out with all that is in them."
    )
    dots_an_inch: DotsAnInch | None = Field(
        default=None, description="Of the pictures that pages become; 200 if left out."
    )

    model_config = ConfigDict(
        json_schema_extra=cel_rules(
            (
                "has(self.texts) || has(self.patterns) || has(self.areas)",
                "redact needs texts, patterns or areas",
            ),
        )
    )

    @field_validator("patterns")
    @classmethod
    def _can_be_matched(cls, patterns: list[str] | None) -> list[str] | None:
        for number, pattern in enumerate(patterns or ()):
            try:
                re.compile(pattern)
            except (re.error, RecursionError, OverflowError) as error:
                # Its text may quote the pattern, which is what somebody wants gone.
                place = getattr(error, "pos", None)
                where = "" if place is None else f", at character {place + 1}"
                raise ValueError(f"number {number} is not a regular expression{where}") from None
        return patterns
