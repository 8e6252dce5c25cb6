"""Policy files: where they lie, and how one is read."""

from datetime import UTC, date, datetime
from os import PathLike
from pathlib import Path
from typing import Final

from flowkit.errors import PolicyError
from flowkit.inventory.text import brief
from flowkit.policy.consistency import independent, problems
from flowkit.policy.outline import outline
from flowkit.policy.parsing import Parser
from flowkit.policy.terms import Wrong, day
from flowkit.policy.values import Policy

_LARGEST: Final = 2**20
"""Bytes; a policy of a thousand segments has some 100 kB."""
_SHIPPED: Final = Path(__file__).with_name("shipped")


def examples() -> dict[str, Path]:
    """Return the policies that come with flowkit, to start from: their files, by name.

    >>> sorted(examples())
    ['card-data', 'three-tier']
    """
    return {path.stem: path for path in sorted(_SHIPPED.glob("*.yaml"))}


def read(path_or_text: str | PathLike[str], *, as_of: date | str | None = None) -> Policy:
    """Read a segmentation policy: segments, what may pass between them, and exceptions with owner and expiry.

    Parameters
    ----------
    path_or_text
        A YAML file; or its text, if it has a line break.
    as_of
        The day (UTC) on which exceptions must still hold, a date or text such as ``2026-03-10``; today, if not given,
        so that nobody works with an exception that ran out unseen.

    Raises
    ------
    PolicyError
        If the file cannot be read, is larger than 1 MiB or no YAML; or with each line that is wrong and how to mend it,
        ten at most: unknown, repeated or missing keys; unknown segments; blocks of two segments that overlap; a segment
        with nothing in it; ports, protocols, blocks or dates that are none; an exception without owner, until or why,
        or one that ran out; a rule that never decides, as another takes all of it before.

    Notes
    -----
    The file: ``version: 1``, ``name``, ``default`` (``deny``, if not given, or ``allow``), and

    - ``segments``: names, each with ``cidr``, ``subnet``, ``group`` (lists; any of them) or ``tag`` (a mapping, of
      which all must be there); ``within: deny`` where its members may not talk to each other; ``about``. ``internet``
      (what is outside) and ``elsewhere`` (what else is in no segment) are predefined.
    - ``rules``: ``allow`` or ``deny`` with one or several segments (the clients: who opens the conversation), ``to``
      with the servers; ``ports`` (the server's: numbers, ranges, names such as https; without: all), ``protocol``
      (without: tcp where ports are given, else all), ``why``. What denies comes before what allows.
    - ``exceptions``: the same with ``from``, and ``owner``, ``until`` (the last day), ``why``.

    Replies belong to their conversation and need no rule. All values are text, quoted or not: ``no`` stays ``no``.
    """
    held = _day(as_of)
    given = str(path_or_text) if isinstance(path_or_text, str) else ""
    text, source = (given, "the policy") if "\n" in given else _file(path_or_text)
    if len(text) > _LARGEST:
        raise PolicyError.unreadable(source, "it is larger than 1 MiB, which no policy is")
    parser = Parser(held)
    policy = parser.policy(outline(text, source), source)
    parser.problems.extend((independent if parser.problems else problems)(policy))
    if parser.problems:
        raise PolicyError.found(source, sorted(parser.problems, key=lambda problem: problem[0] or 0))
    return policy


def _day(as_of: date | str | None) -> date:
    if as_of is None:
        return datetime.now(UTC).date()
    if isinstance(as_of, datetime):
        return (as_of.astimezone(UTC) if as_of.tzinfo else as_of).date()
    if isinstance(as_of, date):
        return as_of
    try:
        return day(str(as_of))
    except Wrong as error:
        raise PolicyError(f"as_of: {error}") from error


def _file(path: str | PathLike[str]) -> tuple[str, str]:
    """Return a file's text, and its name as messages give it."""
    name = brief(str(path))
    try:
        file = Path(path)
        if not file.is_file():
            why = "it is no file" if file.exists() else "there is no such file (a policy as text has line breaks)"
            raise PolicyError.unreadable(name, why)
        with file.open("rb") as opened:
            content = opened.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise PolicyError.unreadable(name, "it is larger than 1 MiB, which no policy is")
        return content.decode("utf-8-sig"), name
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise PolicyError.unreadable(name, f"line {line} is not UTF-8 text; save it as UTF-8") from error
    except (OSError, ValueError) as error:
        if isinstance(error, PolicyError):
            raise
        raise PolicyError.unreadable(name, getattr(error, "strerror", None) or "that is no path") from error
