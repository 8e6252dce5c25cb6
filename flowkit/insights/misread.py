"""What the parser did not expect, in words: where it stands, and what could stand there."""

import re
from typing import Final

from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from flowkit.errors import InsightsError
from flowkit.insights.grammar import COMMANDS, ELSEWHERE


def told(text: str, error: UnexpectedInput) -> InsightsError:
    """Say in words what lark did not expect."""
    ended = isinstance(error, UnexpectedEOF) or (isinstance(error, UnexpectedToken) and error.token.type == "$END")
    start = len(text.rstrip()) if ended else (error.pos_in_stream or 0)
    expected = _expected(error)
    word = re.match(r"[^\W\d]\w*|`[^`]*`|\S", text[start:])
    found = word[0] if word else ""
    if "_FIELDS" in expected:
        return _no_command(text, start, found)
    end = start + max(1, len(found))
    if ended:
        return InsightsError.at(text, start, end, "the query ends too early.", _wanted(expected))
    for pattern, problem, step in _HINTS:
        if re.match(pattern, text[start:], re.IGNORECASE):
            return InsightsError.at(text, start, end, problem, step)
    return InsightsError.at(text, start, end, f"{found!r} is not understood here.", _wanted(expected))


def _expected(error: UnexpectedInput) -> set[str]:
    if isinstance(error, UnexpectedCharacters):
        return set(error.allowed or ())
    return set(getattr(error, "accepts", None) or getattr(error, "expected", None) or ())


def _no_command(text: str, start: int, found: str) -> InsightsError:
    if not found or not (found[0].isalpha() or found[0] == "_"):
        problem = "a command is missing here." if text.strip() else "the query is empty."
        return InsightsError.at(text, start, start + 1, problem, f"Each command there is: {', '.join(COMMANDS)}.")
    if (instead := ELSEWHERE.get(found.lower())) is None:
        return InsightsError.unknown(text, start, found, "command", COMMANDS)
    problem = f"the command {found} is not among those that run on loaded records."
    return InsightsError.at(text, start, start + len(found), problem, f"Instead, {instead}.")


_HINTS: Final = (
    (r"[\"']", "this string is not closed.", "Put the same quotation mark behind it; before one inside it, a \\."),
    (r"`", "this name is not closed.", "Put another ` behind it."),
    (r"[\u201c\u201d\u2018\u2019\u00ab\u00bb]", "this quotation mark is typographic.", "Use \" or ' instead."),
    (r"=", "equality is written with one sign.", "Write = once, with a field before it and a value behind it."),
    (r"<?>", "inequality is not written so.", "Write != instead."),
    (r"&", "conditions are joined in words.", "Write and instead."),
    (r"!", "negation is a word.", "Write not instead."),
    (r"/", "this regular expression is not closed, or out of place.", "It stands behind like, =~ or a parse's field."),
    (r"is\b", "nothing is asked so here.", "Write isPresent(field), or not isPresent(field)."),
    (r"between\b", "nothing is asked so here.", "Write two comparisons, as in: bytes >= 1 and bytes <= 9."),
)  # fmt: skip

_WORDS: Final = {
    "NAME": "a field", "QUOTED": "", "STRING": "a string in quotes", "WHOLE": "a number", "DECIMAL": "",
    "PERIOD": "", "REGEX": "a regular expression between slashes", "LPAR": "(", "RPAR": ")", "LSQB": "[",
    "RSQB": "]", "COMMA": "a comma", "VBAR": "| and a command", "$END": "the end", "_AS": "as", "_BY": "by",
    "_AND": "and", "_OR": "or", "NOT": "not", "_IN": "in", "_LIKE": "like", "_MATCHES": "=~",
    "COMPARISON": "a comparison", "SIGN": "", "TIMES": "", "POWER": "", "STAR": "", "ASC": "asc", "DESC": "desc",
    "ANY": "any",
}  # fmt: skip


def _wanted(expected: set[str]) -> str:
    words = [word for name, word in _WORDS.items() if name in expected and word]
    if {"SIGN", "TIMES"} <= expected:
        words.append("an operator")
    if not words:
        return 'Write a command, such as: filter action = "REJECT".'
    listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
    return f"What can stand there: {listed}."
