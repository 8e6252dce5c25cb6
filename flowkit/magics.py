"""`%flows`, `%playbook`, `%%flowsql` and `%%insights`: loading and asking in a notebook without ceremony."""

import argparse
import inspect
import shlex
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, TypeVar

import pandas as pd
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class

from flowkit import logs_arguments, playbooks
from flowkit.errors import FlowkitError
from flowkit.flows import Flows
from flowkit.insights import running
from flowkit.inventory.text import shown
from flowkit.jupyter import completing
from flowkit.playbooks import Playbook, Report
from flowkit.playbooks.playbook import unusable

_Magic = TypeVar("_Magic", bound=Callable[..., Any])


class _Parser(argparse.ArgumentParser):
    """Reports wrong usage to the notebook instead of leaving it."""

    def read(self, line: str) -> argparse.Namespace:
        """Read what stands behind the name of the magic, in the shell's way of quoting."""
        try:
            return self.parse_args(shlex.split(line))
        except ValueError as error:
            raise UsageError(f"{error}: quote it like 'a path with blanks'\n{self.format_usage()}") from None

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\n{self.format_usage()}")


def _load_parser() -> _Parser:
    parser = _Parser(prog="%flows", add_help=False, description="Load flow logs and bind them to `flows`.")
    logs_arguments.add_to(parser)
    return parser


def _query_parser(name: str, description: str) -> _Parser:
    parser = _Parser(prog=f"%%{name}", add_help=False, description=description)
    parser.add_argument("--flows", default="flows", metavar="NAME", help="notebook variable to ask instead of `flows`")
    parser.add_argument("--to", metavar="NAME", help="notebook variable for the answer")
    return parser


def _playbook_parser() -> _Parser:
    parser = _Parser(prog="%playbook", add_help=False, description="Run a playbook over the flows.")
    parser.add_argument("name", metavar="NAME", nargs="?", help="such as connectivity; without it, what there is")
    parser.add_argument("parameters", nargs="*", metavar="PARAMETER=VALUE", help="the playbook's own")
    parser.add_argument("--flows", default="flows", metavar="NAME", help="notebook variable to ask instead of `flows`")
    parser.add_argument("--to", metavar="NAME", help="notebook variable for the report")
    parser.add_argument("--help", action="store_true", help="print what the playbook takes, and do not run it")
    return parser


def _flowsql_parser() -> _Parser:
    return _query_parser("flowsql", "Run SQL over the flows, which it reads FROM flows.")


def _insights_parser() -> _Parser:
    return _query_parser("insights", "Run a CloudWatch Logs Insights query over the flows.")


def _with_usage(parser: Callable[[], _Parser]) -> Callable[[_Magic], _Magic]:
    """Add what a magic takes to what ``%magic?`` shows."""

    def add(magic: _Magic) -> _Magic:
        magic.__doc__ = f"{inspect.getdoc(magic)}\n\n{parser().format_help()}"
        return magic

    return add


def _described(playbook: Playbook) -> Iterator[str]:
    """Yield a line for a playbook and one for each thing it takes."""
    yield f"{playbook.name}: {shown(playbook.question)}"
    for one in playbook.parameters:
        default = "" if one.default is None else f" [{shown(str(one.default))}]"
        yield f"    {one.name}={'  (needed)' if one.required else ''}  {shown(one.meaning)}{default}"
    yield "    start=, end=  The window, such as 2026-03-10T09:00Z."


def _print_playbooks(names: list[str]) -> None:
    for name in names:
        print(*_described(playbooks.get(name)), "", sep="\n")  # noqa: T201 - what was asked for
    for problem in unusable():
        print(problem)  # noqa: T201 - as above


@magics_class
class FlowkitMagics(Magics):
    """The notebook commands."""

    shell: InteractiveShell

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        completing.add_to(shell)

    @line_magic
    @_with_usage(_load_parser)
    def flows(self, line: str) -> Flows:
        """Load flow logs, bind them to the notebook variable `flows`, and show what they are."""
        if not line.strip():
            raise UsageError(_load_parser().format_help())
        given = _load_parser().read(line)
        loaded = logs_arguments.load(given)
        self.shell.user_ns["flows"] = loaded
        return loaded

    @line_magic
    @_with_usage(_playbook_parser)
    def playbook(self, line: str) -> Report | None:
        """Run a playbook over the notebook variable `flows`: ``%playbook connectivity source=app-1 port=5432 …``.

        ``%playbook`` alone lists the playbooks, ``%playbook connectivity --help`` prints what that one takes.
        """
        given = _playbook_parser().read(line)
        if given.help or given.name is None:
            _print_playbooks([given.name] if given.name else playbooks.names())
            return None
        texts = dict(text.partition("=")[::2] for text in given.parameters)
        known = {one.name: one.kind for one in playbooks.get(given.name).parameters}
        try:
            asked = {name: known.get(name, str)(text) for name, text in texts.items()}
        except ValueError as error:
            raise UsageError(f"{error}: {line}") from None
        report = playbooks.run(given.name, self._flows(given), **asked)
        if given.to:
            self.shell.user_ns[given.to] = report
        return report

    @cell_magic
    @_with_usage(_flowsql_parser)
    def flowsql(self, line: str, cell: str) -> pd.DataFrame:
        """Run the SQL of the cell over the notebook variable `flows`, which it reads FROM flows."""
        given = _flowsql_parser().read(line)
        return self._kept(given, self._flows(given).sql(cell))

    @cell_magic
    @_with_usage(_insights_parser)
    def insights(self, line: str, cell: str) -> pd.DataFrame:
        """Run the CloudWatch Logs Insights query of the cell over the notebook variable `flows`."""
        given = _insights_parser().read(line)
        answer = running.answer(self._flows(given), cell)
        for note in answer.attrs["warnings"]:
            print(f"Note: {note}")  # noqa: T201 - above the table
        if answer.attrs["corrected"]:
            print(f"\nWith the log's own columns, not run:\n{answer.attrs['corrected'].strip()}")  # noqa: T201 - as above
        return self._kept(given, answer)

    def _flows(self, given: argparse.Namespace) -> Flows:
        flows = self.shell.user_ns.get(given.flows)
        if not isinstance(flows, Flows):
            raise FlowkitError(f"the notebook variable {given.flows!r} holds no flows. Load some first: %flows PATH")
        return flows

    def _kept(self, given: argparse.Namespace, answer: pd.DataFrame) -> pd.DataFrame:
        if given.to:
            self.shell.user_ns[given.to] = answer
        return answer
