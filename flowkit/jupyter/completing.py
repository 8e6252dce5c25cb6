"""What Tab offers behind `%flows` and `%playbook`, and in cells of `%%flowsql` and `%%insights`."""

import argparse
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher
from IPython.core.interactiveshell import InteractiveShell

from flowkit import fields, logs_arguments, playbooks
from flowkit.errors import FlowkitError
from flowkit.flows import Flows
from flowkit.insights.grammar import COMMANDS
from flowkit.scope import KEYS

_ID: Final = "flowkit"
_LINE: Final = re.compile(r"(?:^|=)\s*%(flows|playbook)\s+(?P<rest>.*)$")
_CELL: Final = re.compile(r"%%(flowsql|insights)\b(?P<rest>.*)")
_OF_FLOWS: Final = re.compile(r"--flows[ =]\s*(\w+)")
_ASKING: Final = ("--flows", "--to")
_SQL: Final = ("SELECT", "FROM flows", "WHERE", "GROUP BY ALL", "ORDER BY", "LIMIT", "count(*)", "sum(", "DISTINCT")
_INSIGHTS: Final = ("@timestamp", "@message")
_VALUES: Final = {"protocol": ("tcp", "udp", "icmp")}
_SCOPED: Final = {
    "protocol": ("tcp", "udp", "icmp"),
    "action": ("ACCEPT", "REJECT"),
    "direction": ("ingress", "egress"),
}


def add_to(shell: InteractiveShell) -> None:
    """Let a shell offer what `offered` finds; a second time changes nothing."""
    matchers = shell.Completer.custom_matchers
    if any(getattr(one, "matcher_identifier", "") == _ID for one in matchers):
        return

    def match(context: CompletionContext) -> SimpleMatcherResult:
        lines = context.full_text.split("\n")[: context.cursor_line]
        words, last = offered([*lines, context.text_until_cursor], shell.user_ns)
        made = [SimpleCompletion(text=word, type=_ID) for word in words]
        # Beside a path IPython offers files; elsewhere Python's names would only be in the way.
        alone = "sample" not in words
        return {"completions": made, "matched_fragment": last, "ordered": True, "suppress": alone}

    matchers.append(context_matcher(identifier=_ID)(match))


def offered(lines: list[str], variables: Mapping[str, Any]) -> tuple[list[str], str]:
    """Return what may follow a text, and the beginning of it that is there already.

    Parameters
    ----------
    lines
        The cell up to the cursor.
    variables
        The notebook's: completion of columns looks for flows in them.
    """
    if (cell := _CELL.match(lines[0])) and len(lines) > 1:
        last = _end(r"[\w@]*$", lines[-1])
        return _beginning(_in_cell(cell, lines, variables), last), last
    last = _end(r"\S*$", lines[-1])
    if cell:
        return _beginning(_flows_or(_ASKING, cell["rest"], variables), last), last
    if not (line := _LINE.search(lines[-1])):
        return [], ""
    before = line["rest"][: len(line["rest"]) - len(last)]
    found = _of_playbook(before, last, variables) if line[1] == "playbook" else _of_flows(before, last)
    return _beginning(found, last), last


def _beginning(words: Iterable[str], last: str) -> list[str]:
    """Return the words that begin so, in either case."""
    return [word for word in dict.fromkeys(words) if word.casefold().startswith(last.casefold())]


def _end(pattern: str, line: str) -> str:
    found = re.search(pattern, line)
    return found[0] if found else ""


def _flows_or(words: Iterable[str], before: str, variables: Mapping[str, Any]) -> Iterator[str]:
    """Yield the variables that hold flows behind ``--flows``, else the words."""
    if before.endswith("--flows ") or re.search(r"--flows\s+\w+$", before):
        yield from (name for name, value in variables.items() if isinstance(value, Flows) and not name.startswith("_"))
    else:
        yield from words


def _of_playbook(before: str, last: str, variables: Mapping[str, Any]) -> Iterator[str]:
    given = before.split()
    if not given:
        yield from playbooks.names()
        return
    try:
        known = [*(one.name for one in playbooks.get(given[0]).parameters), "start", "end"]
    except FlowkitError:
        return
    name = last.partition("=")[0]
    if "=" in last:
        yield from (f"{name}={value}" for value in _VALUES.get(name, ()))
        return
    there = {text.partition("=")[0] for text in given}
    words = (*(f"{name}=" for name in known if name not in there), *_ASKING, "--help")
    yield from _flows_or(words, before, variables)


def _of_flows(before: str, last: str) -> Iterator[str]:
    if before.split()[-1:] == ["--narrow"]:
        key = last.partition("=")[0]
        narrowing = (name for name in KEYS if name not in ("start", "end"))
        yield from (f"{key}={value}" for value in _SCOPED.get(key, ())) if "=" in last else (f"{n}=" for n in narrowing)
    elif last.startswith("-"):
        parser = argparse.ArgumentParser(add_help=False)
        logs_arguments.add_to(parser)
        yield from (option for action in parser._actions for option in action.option_strings)  # noqa: SLF001 - no other way
    elif not before.strip():
        yield "sample"


def _in_cell(cell: re.Match[str], lines: list[str], variables: Mapping[str, Any]) -> Iterator[str]:
    named = _OF_FLOWS.search(cell["rest"])
    flows = variables.get(named[1] if named else "flows")
    present = set(flows.fields) if isinstance(flows, Flows) else {field.column for field in fields.FIELDS}
    known = [field for field in fields.FIELDS if field.column in present]
    if cell[1] == "flowsql":
        yield from (*(field.column for field in known), *_SQL)
        return
    _, bar, begun = lines[-1].rpartition("|")
    if re.fullmatch(r"\s*\w*", begun) and (bar or not any(line.strip() for line in lines[1:-1])):
        yield from COMMANDS
    else:
        yield from (*_INSIGHTS, *(field.insights for field in known if field.insights))
