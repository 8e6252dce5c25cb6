"""HTML and SVG: text, attributes, scripts with the data of figures, and ``data:`` addresses."""

import json
import re
from collections import Counter
from functools import lru_cache
from html import escape, unescape
from html.parser import HTMLParser
from importlib.resources import files
from typing import Final

from flowkit.redaction.payloads import data_address, typed_array
from flowkit.redaction.texts import Texts

_ATTRIBUTE: Final = re.compile(r"""([\w:.-]+\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)""")
_LITERAL: Final = re.compile(
    r'"dtype":"(?P<dtype>[a-z0-9]+)","bdata":(?P<bdata>"[^"]*")|(?P<double>"(?:[^"\\\n]|\\.)*")', re.DOTALL
)
_STRUCTURE: Final = {
    "class",
    "id",
    "style",
    "type",
    "rel",
    "charset",
    "name",
    "http-equiv",
    "lang",
    "tabindex",
    "role",
    "d",
}
"""Attributes that hold no words of the user's: names are not looked for in them."""
_AS_LITERAL: Final = {"<": "\\u003c", ">": "\\u003e", "/": "\\u002f"}


@lru_cache(1)
def libraries() -> tuple[str, ...]:
    """Return plotly.js as pages and figure widgets hold it: nobody's data, left as it is and not looked into."""
    from plotly.offline import get_plotlyjs

    widget = files("plotly").joinpath("package_data", "widgetbundle.js")
    return str(get_plotlyjs()), *((widget.read_text(encoding="utf-8"),) if widget.is_file() else ())


def without_libraries(text: str) -> str:
    """Return a text without what `libraries` holds."""
    for library in libraries():
        text = text.replace(library, "") if len(text) >= len(library) else text
    return text


class Pages:
    """Redacts HTML, or undoes that; *left_out* counts what was not kept, by what it is."""

    def __init__(self, texts: Texts, left_out: Counter[str]) -> None:
        self.texts = texts
        self.left_out = left_out

    def __call__(self, html: str) -> str:
        """Return a page or a part of one, redacted."""
        reader = _Reader(self)
        try:
            reader.feed(html)
            reader.close()
        except AssertionError:  # of HTMLParser, at markup that is none
            return self.texts(html)
        return "".join(reader.parts)

    def data(self, kind: str, text: str) -> str:
        """Return text of a kind (MIME type), redacted."""
        return self(text) if "svg" in kind or "html" in kind else self.texts(text)

    def attributes(self, tag: str) -> str:
        """Return a start tag with the values of its attributes redacted."""
        return _ATTRIBUTE.sub(self._attribute, tag)

    def _attribute(self, found: re.Match[str]) -> str:
        name, quoted = found[1].rstrip("= \t\r\n").lower(), found[2]
        quote = quoted[0] if quoted[0] in "\"'" else ""
        value = unescape(quoted.strip(quote) if quote else quoted)
        mapped = self.value(value, words=name not in _STRUCTURE)
        return found[0] if mapped == value else f'{found[1]}"{escape(mapped)}"'

    def value(self, value: str, *, words: bool = True) -> str:
        """Return the value of an attribute or a literal, which may be a ``data:`` address."""
        if value.startswith("data:") and "," in value:
            return data_address(value, self.data, self.left_out)
        return self.texts(value, words=words)

    def script(self, script: str) -> str:
        """Return a script with the literals in it redacted, and tokens that stand outside of them."""
        plotly = libraries()[0]
        return plotly.join(map(self._script, script.split(plotly)))

    def _script(self, script: str) -> str:
        parts, done = list[str](), 0
        for found in _LITERAL.finditer(script):
            parts += [self.texts(script[done : found.start()], words=False), self._literal(found)]
            done = found.end()
        return "".join(parts) + self.texts(script[done:], words=False)

    def _literal(self, found: re.Match[str]) -> str:
        if found["bdata"]:
            given = {"dtype": found["dtype"], "bdata": json.loads(found["bdata"])}
            moved = typed_array(given, self.texts.epochs, self.texts.maps.seconds)
            return found[0] if moved is given else f'"dtype":"{found["dtype"]}","bdata":{json.dumps(moved["bdata"])}'
        literal = found["double"]
        try:
            value = json.loads(literal)
        except ValueError:  # JavaScript knows more escapes than JSON
            return f'"{self.texts(literal[1:-1])}"'
        mapped = self.value(value)
        return literal if mapped == value else _literal(mapped)


class _Reader(HTMLParser):
    """Takes HTML apart and keeps each part, redacted, in its order."""

    def __init__(self, pages: Pages) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._pages = pages
        self._ended = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - HTMLParser's
        self.parts.append(self._pages.attributes(self.get_starttag_text() or ""))

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - HTMLParser's
        self._ended = True

    def parse_endtag(self, i: int) -> int:
        self._ended = False
        end: int = super().parse_endtag(i)
        if self._ended:  # as it was spelt: XML minds capitals
            self.parts.append(self.rawdata[i:end])
        return end

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.parts.append(self._pages.script(data))
        elif self.cdata_elem == "style":
            self.parts.append(_STYLE_DATA.sub(lambda found: self._pages.value(found[0]), data))
        else:
            self.parts.append(escape(self._pages.texts(data), quote=False))

    def handle_comment(self, data: str) -> None:
        self.parts.append(f"<!--{self._pages.texts(data)}-->")

    def handle_decl(self, decl: str) -> None:
        self.parts.append(f"<!{decl}>")

    def unknown_decl(self, data: str) -> None:
        self.parts.append(f"<![{self._pages.texts(data)}]>")

    def handle_pi(self, data: str) -> None:
        self.parts.append(f"<?{self._pages.texts(data)}>")


_STYLE_DATA: Final = re.compile(r"data:[a-z0-9/+.;=-]+,[A-Za-z0-9+/=%._-]+", re.IGNORECASE)


def _literal(value: str) -> str:
    """Return text as a literal that is safe inside a script."""
    return re.sub(r"[<>/]", lambda found: _AS_LITERAL[found[0]], json.dumps(value))
