"""A list of the API, page by page. Knows nothing of what is listed, nor how a request is sent."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

Object = dict[str, Any]

PAGE = 100
"""Objects of one page of a list: each may have a megabyte."""


class Listing:
    """A list, read page by page while it is gone through; once.

    Attributes:
        version: resourceVersion of the list, from which on a watch follows; empty before its first
            page.
    """

    def __init__(
        self, call: Callable[..., Awaitable[Object]], path: str, query: dict[str, str]
    ) -> None:
        self._call = call
        self._path = path
        self._query = query
        self.version = ""

    async def __aiter__(self) -> AsyncIterator[Object]:
        continuation: str | None = None
        while True:
            page = {"limit": str(PAGE), **({"continue": continuation} if continuation else {})}
            answer = await self._call("GET", self._path, params={**self._query, **page})
            # All pages are of the version of the first one.
            self.version = self.version or answer["metadata"]["resourceVersion"]
            for item in answer["items"]:
                yield item
            continuation = answer["metadata"].get("continue")
            if not continuation:
                return
