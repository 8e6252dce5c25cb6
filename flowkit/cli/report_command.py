"""What ``flowkit report`` does: writes the report of a case, or prints its summary."""

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from flowkit.cli.printing import printable

if TYPE_CHECKING:
    from flowkit.playbooks.passages import Passage
    from flowkit.playbooks.written import Written

FORMS: Final = {
    "html": "one page that needs no network, for people; it prints well",
    "markdown": "text for a ticket or a wiki",
    "csv": "the findings for a spreadsheet; no cell starts a formula",
    "ocsf": "the findings for a SIEM: OCSF Detection Findings, a line of JSON each",
}
"""The options that name a file to write, and what is written there."""


def add_forms_to(command: argparse.ArgumentParser) -> None:
    """Add the options that name a file to write."""
    for form, meaning in FORMS.items():
        command.add_argument(f"--{form}", metavar="FILE", help=f"write there {meaning}")


def add_to(command: argparse.ArgumentParser) -> None:
    """Add the arguments of ``flowkit report`` to its parser."""
    command.add_argument("case", metavar="CASE", help="the folder of the case")
    add_forms_to(command)


def write(document: "Written", given: argparse.Namespace) -> list[str]:
    """Write every file that was named, and return where they are."""
    asked = [(form, getattr(given, form)) for form in FORMS if getattr(given, form)]
    return [str(getattr(document, f"to_{form}")(path)) for form, path in asked]


def report(given: argparse.Namespace) -> None:
    """Write the report of a case; without a file to write, print its summary, or with ``--json`` all of it."""
    import flowkit.api  # noqa: F401 - a case reopens its flows with it
    from flowkit.casefile import opened
    from flowkit.playbooks.exporting import json_text

    found = opened(given.case, create=False)
    written = write(found, given)
    if given.json:
        sys.stdout.write(json_text(found.document()))
    elif written:
        sys.stdout.write("".join(printable(f"The report is in {path}.") + "\n" for path in written))
    else:
        section = found.document().section
        lines = [section.title, *_lines(section.passages[:1]), "", "--html FILE writes all of it; --help names more."]
        sys.stdout.write("".join(printable(line) + "\n" for line in lines))


def _lines(passages: "tuple[Passage, ...]") -> Iterator[str]:
    from flowkit.playbooks.passages import Answer, Items, Section, Text, marked

    for one in passages:
        if isinstance(one, Section):
            yield from ("", one.title, *_lines(one.passages))
        elif isinstance(one, Answer):
            yield f"{one.verdict}. {one.text}"
        elif isinstance(one, Items):
            marks = one.marks or ("",) * len(one.items)
            for severity, text in zip(marks, one.items, strict=True):
                yield f"  {'- ' if not severity else f'{marked(severity)}: '}{text}"
        elif isinstance(one, Text):
            yield f"  {one.text}"
