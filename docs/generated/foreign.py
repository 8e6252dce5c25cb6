"""What a built page would load from another server when it is opened: there must be nothing."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

__all__ = ["loads"]

_FAR = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_IN_CSS = re.compile(r"(?:url\(\s*|@import\s+)['\"]?((?:https?:)?//[^'\")\s]+)", re.IGNORECASE)
_LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload", "manifest"}


class _Loads(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the browser fetches by itself; where `a` leads, the reader decides."""
        given = {name: value or "" for name, value in attrs}
        names = ("src", "srcset", "data", "poster", "background")
        found = [given.get(name, "") for name in names]
        if tag == "link" and _LINKS & set(given.get("rel", "").lower().split()):
            found.append(given.get("href", ""))
        self.found += [address for address in found if _FAR.match(address)]
        self.found += _IN_CSS.findall(given.get("style", ""))


def loads(site: Path) -> Iterator[tuple[str, str]]:
    """Yield each page or style sheet of a site with what it would load from elsewhere."""
    for path in sorted(site.rglob("*")):
        if path.suffix == ".html":
            reader = _Loads()
            reader.feed(path.read_text(encoding="utf-8"))
            found = reader.found
        elif path.suffix == ".css":
            found = _IN_CSS.findall(path.read_text(encoding="utf-8"))
        else:
            continue
        yield from ((path.relative_to(site).as_posix(), what) for what in found)
