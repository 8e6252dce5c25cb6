"""The command line, from the parser that reads it."""

import argparse
from collections.abc import Iterator

from flowkit.cli.arguments import parser
from generated.markdown import cell, code, fenced, table

__all__ = ["pages"]

_HEAD = """# Command line

`flowkit COMMAND --help` prints the same. Each command takes `--json` for machines. Exit code 0 is done, 1 a finding
at or above `--fail-on` or a case that does not match, 2 bad usage or input, 130 interrupted.

`PATH` is a file, a folder, a glob, `s3://bucket/prefix`, `cloudwatch://region/log-group`, or `sample`.
"""
_WIDTH = 100


def pages() -> dict[str, str]:
    """Return the page."""
    return {"reference/commands.md": "\n\n".join((_HEAD, *_sections()))}


def _sections() -> Iterator[str]:
    for subparsers in parser()._actions:  # noqa: SLF001 - argparse shows its arguments in no other way
        if isinstance(subparsers, argparse._SubParsersAction):  # noqa: SLF001 - likewise
            meanings = {action.dest: action.help or "" for action in subparsers._choices_actions}  # noqa: SLF001
            for name, command in subparsers.choices.items():
                yield _section(name, meanings[name], command)


def _section(name: str, meaning: str, command: argparse.ArgumentParser) -> str:
    arguments = [one for one in command._actions if one.dest not in ("help", "json")]  # noqa: SLF001 - as above
    rows = table(("Argument", "Meaning"), map(_row, arguments)) if arguments else ""
    return f"## flowkit {name}\n\n{_sentence(meaning)}\n\n{fenced(_usage(command), 'text')}\n\n{rows}"


def _usage(command: argparse.ArgumentParser) -> str:
    command.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=_WIDTH)
    return command.format_usage().removeprefix("usage: ")


def _row(one: argparse.Action) -> tuple[str, str]:
    value = one.metavar if isinstance(one.metavar, str) else "|".join(map(str, one.choices or ()))
    takes = value or (one.dest.upper() if one.nargs != 0 and one.option_strings else "")
    names = ", ".join(code(name) for name in one.option_strings)
    shown = f"{names} {code(takes)}" if names and takes else names or code(takes or one.dest)
    choices = f" One of {', '.join(map(str, one.choices))}." if one.choices and value == one.metavar else ""
    return shown, cell(f"{_sentence(one.help or '')}{choices}")


def _sentence(text: str) -> str:
    """Return help text as a sentence."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?')) else '.'}" if text else ""
