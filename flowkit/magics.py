"""`%flows`, `%playbook`, `%%flowsql` and `%%insights`: loading and asking in a notebook without ceremony."""

import argparse
import shlex
from typing import NoReturn

import pandas as pd
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class

from flowkit import logs_arguments, playbooks
from flowkit.errors import FlowkitError
from flowkit.flows import Flows
from flowkit.insights import running
from flowkit.playbooks import Report


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
    parser.add_argument("name", metavar="NAME", help="such as connectivity")
    parser.add_argument("parameters", nargs="*", metavar="PARAMETER=VALUE", help="the playbook's own")
    parser.add_argument("--flows", default="flows", metavar="NAME", help="notebook variable to ask instead of `flows`")
    parser.add_argument("--to", metavar="NAME", help="notebook variable for the report")
    return parser


@magics_class
class FlowkitMagics(Magics):
    """The notebook commands."""

    shell: InteractiveShell

    @line_magic
    def flows(self, line: str) -> Flows:
        """Load flow logs, bind them to the notebook variable `flows`, and show what they are."""
        if not line.strip():
            raise UsageError(_load_parser().format_help())
        given = _load_parser().read(line)
        loaded = logs_arguments.load(given)
        self.shell.user_ns["flows"] = loaded
        return loaded

    @line_magic
    def playbook(self, line: str) -> Report:
        """Run a playbook over the notebook variable `flows`: ``%playbook connectivity source=app-1 port=5432 …``."""
        given = _playbook_parser().read(line)
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
    def flowsql(self, line: str, cell: str) -> pd.DataFrame:
        """Run the SQL of the cell over the notebook variable `flows`, which it reads FROM flows."""
        given = _query_parser("flowsql", "Run SQL over the flows, which it reads FROM flows.").read(line)
        return self._kept(given, self._flows(given).sql(cell))

    @cell_magic
    def insights(self, line: str, cell: str) -> pd.DataFrame:
        """Run the CloudWatch Logs Insights query of the cell over the notebook variable `flows`."""
        given = _query_parser("insights", "Run a CloudWatch Logs Insights query over the flows.").read(line)
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
