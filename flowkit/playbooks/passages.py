"""What a report is made of, before it is HTML or Markdown: sections of sentences, tables, lists and pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from numbers import Integral
from typing import TYPE_CHECKING, Final, TypeAlias

import pandas as pd

from flowkit.wording import several

if TYPE_CHECKING:
    import plotly.graph_objects as go

_AMOUNTS: Final = ("bytes", "packets", "records", "lines", "headers", "calls", "conversations", "size")
_THOUSAND: Final = 1000
_FEW_COLUMNS: Final = 6
"""Tables of more columns say what is the same in every row above them."""
_UNITS: Final = ("KiB", "MiB", "GiB", "TiB", "PiB")


@dataclass(frozen=True)
class Answer:
    """The verdict and the sentence behind it; *severity* is that of the gravest finding, "" without any."""

    verdict: str
    text: str
    severity: str = ""


@dataclass(frozen=True)
class Text:
    """A paragraph; an aside is written smaller."""

    text: str
    aside: bool = False


@dataclass(frozen=True)
class Facts:
    """Pairs of what is told and what there is to tell, *across* of them side by side where there is room."""

    rows: tuple[tuple[str, str], ...]
    caption: str = ""
    across: int = 1


@dataclass(frozen=True)
class Items:
    """A list: of sentences, or with *code* of commands. *marks* are severities, one for each."""

    items: tuple[str, ...]
    numbered: bool = False
    code: bool = False
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Rows:
    """A table, which a reader can fold; a *whole* one is printed to its last row."""

    frame: pd.DataFrame
    title: str = "Table"
    unfolded: bool = True
    whole: bool = False

    def summary(self, most: int) -> str:
        """Return what the table is, how long it is, and that *most* rows of it are shown."""
        caption = str(self.frame.attrs.get("caption", ""))
        cut = f", the first {most:,} shown" if len(self.frame) > most else ""
        return f"{self.title}: {several(len(self.frame), 'row')}{cut}. {caption}".strip()


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure and what it shows, in words."""

    figure: "go.Figure"
    caption: str


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it.

    Attributes
    ----------
    title, passages
        The heading, and what follows.
    severity
        Of the finding it tells of, "" for none.
    unfolded
        None where it cannot be folded, else whether it is open at first.
    place
        What the contents call it; "" where they leave it out.
    first
        Whether it stands alone on the first page in print.
    """

    title: str
    passages: "tuple[Passage, ...]"
    severity: str = ""
    unfolded: bool | None = None
    place: str = ""
    first: bool = False


Passage: TypeAlias = Answer | Text | Facts | Items | Rows | Picture | Section


def shown(value: object, name: str = "") -> str:
    """Return a value of the column *name* as people read it; "" for what is missing.

    >>> shown(1234567, "bytes_out"), shown(5432, "port"), shown(0.98765), shown(True), shown(["a", "b"])
    ('1,234,567', '5432', '0.9877', 'yes', 'a, b')
    """
    if isinstance(value, (list, tuple)):
        return ", ".join(shown(one, name) for one in value)
    if value is None or value is pd.NaT or value is pd.NA or value != value:  # noqa: PLR0124 - not a number
        return ""
    if isinstance(value, datetime):
        text = value.isoformat(sep=" ", timespec="seconds")
        return f"{text[:-6]}Z" if text.endswith("+00:00") else text
    if str(value) in ("True", "False"):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= _THOUSAND else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, Integral) and name.startswith(_AMOUNTS) else str(value)


def cells(frame: pd.DataFrame) -> Iterator[list[str]]:
    """Yield the rows of a frame as people read them."""
    names = [str(name) for name in frame.columns]
    for row in frame.astype(object).itertuples(index=False, name=None):
        yield [shown(value, name) for value, name in zip(row, names, strict=True)]


def numeric(frame: pd.DataFrame) -> list[bool]:
    """Return of each column whether it holds numbers, which stand to the right."""
    kinds = [frame.iloc[:, place].dtype for place in range(frame.shape[1])]
    return [pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind) for kind in kinds]


def same(frame: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    """Return what is the same in every row of a wide table, by column; its other columns are easier to read alone."""
    if len(frame) < 2 or frame.shape[1] <= _FEW_COLUMNS:  # noqa: PLR2004 - one row is all the same
        return ()
    told = pd.DataFrame(list(cells(frame)), columns=frame.columns)
    alike = [name for name in told.columns if (told[name] == told[name].iloc[0]).all()]
    return tuple((str(name), str(told[name].iloc[0])) for name in alike) if len(alike) < frame.shape[1] else ()


def alone(frame: pd.DataFrame) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Return the only row of a frame as pairs, and the names of its columns that are empty."""
    told = list(zip(map(str, frame.columns), next(cells(frame)), strict=True))
    return tuple(pair for pair in told if pair[1]), tuple(name for name, value in told if not value)


def parted(step: str) -> tuple[str, str]:
    """Return the command and the reason of a next step, which is the shell's comment behind it; "" for none.

    >>> parted("ss -tunp  # to look: which process it is")
    ('ss -tunp', 'To look: which process it is')
    """
    command, behind, reason = step.rpartition("# to ")
    return (command.strip(), f"To {reason}") if behind else (step, "")


def octets(number: int | None) -> str:
    """Return a number of bytes, with a unit that is easier to read behind it where it is large.

    >>> octets(621586758), octets(12), octets(None)
    ('621,586,758 B (592.8 MiB)', '12 B', '')
    """
    if number is None:
        return ""
    power = min((number.bit_length() - 1) // 10, len(_UNITS))
    return f"{number:,} B ({number / 1024**power:,.1f} {_UNITS[power - 1]})" if power > 0 else f"{number:,} B"


def marked(severity: str) -> str:
    """Return a severity as a word.

    >>> marked("high")
    'High'
    """
    return severity.capitalize()
