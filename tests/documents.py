"""Markdown pages as programs: their Python runs in its order, and prints what the page says it prints.

``python documents.py PAGE…`` runs each page in an empty folder of its own, below the current one. A block of ``text``
right under a block of ``python`` is what that block prints.
"""

import io
import os
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and how many lines of the page go before its first."""

    language: str
    text: str
    above: int
    follows: bool
    """Whether nothing but blank lines parts it from the block before."""


def blocks(page):
    """Yield the fenced blocks of a page."""
    fence, kept, head, alone = None, [], "", False
    for number, line in enumerate(page.splitlines(), start=1):
        if fence is None and line.startswith("```"):
            fence, head, kept, above = "`" * (len(line) - len(line.lstrip("`"))), line, [], number
        elif fence and line.rstrip() == fence:
            yield Block(head.strip("`").partition(" ")[0], "\n".join(kept), above, alone)
            fence, alone = None, True
        elif fence:
            kept.append(line)
        elif line.strip():
            alone = False


def run(path):
    """Run a page's Python as one program; raise AssertionError where it prints something else than the page says."""
    names, printed = {"__name__": "__main__"}, None
    for block in blocks(Path(path).read_text(encoding="utf-8")):
        if block.language == "python":
            # blank lines before it, so that a traceback gives the page's line numbers
            code = compile("\n" * block.above + block.text, path, "exec")
            with redirect_stdout(io.StringIO()) as output:
                exec(code, names)  # noqa: S102 - the page's own
            printed = output.getvalue()
        elif block.language == "text" and block.follows and printed is not None:
            said = [line.rstrip() for line in block.text.strip().splitlines()]
            found = [line.rstrip() for line in printed.strip().splitlines()]
            assert found == said, f"{path}:{block.above}: it prints\n{printed}"
            printed = None


if __name__ == "__main__":
    here = Path.cwd()
    for place in sys.argv[1:]:
        os.chdir(mkdtemp(dir=here))
        run(place)
