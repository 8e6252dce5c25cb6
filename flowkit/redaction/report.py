"""What a redaction did, looked through, and left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from flowkit.wording import several


@dataclass(frozen=True)
class RedactionReport:
    """What a redaction did; of the original and the key it tells nothing.

    Attributes
    ----------
    target
        Where the result is.
    key
        The id of the key.
    files
        What was written, by its new name.
    tokens
        How many tokens were replaced, by kind.
    scanned
        What the second look went through: files, texts in them, and different tokens of the original that were looked
        for. Empty where a redaction was undone.
    left_out
        What was not kept, with how many there were.
    undone
        Whether this undid a redaction.
    """

    target: str
    key: str
    files: tuple[str, ...]
    tokens: Mapping[str, int] = field(default_factory=dict)
    scanned: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    undone: bool = False

    def __str__(self) -> str:
        """Return it as lines of text."""
        what = "Mapped back" if self.undone else "Redacted"
        lines = [f"{what} with the key {self.key}: {self.target} ({several(len(self.files), 'file')})."]
        lines += [f"Replaced: {_counted(self.tokens) or 'nothing'}."]
        if self.scanned:
            lines += [f"Looked through once more, nothing of the original was found: {_counted(self.scanned)}."]
        if self.left_out:
            lines += [f"Left out: {_counted(self.left_out)}."]
        if not self.undone:
            lines += ["Names that stand in free text only are not known to be names: read what you hand over."]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return "".join(f"<p>{escape(line)}</p>" for line in str(self).split("\n"))


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{what} ({count:,})" for what, count in sorted(counts.items()))
