"""What can be written to a file: a report, a case."""

import os
from abc import abstractmethod
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flowkit.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flowkit.playbooks.finding import Finding
    from flowkit.playbooks.passages import Section

_LONGEST: Final = 100
"""Characters of a file's name in that of the file beside it."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Told:
    """A finding, and what was said of it since.

    Attributes
    ----------
    finding
        The finding.
    told
        When it was told first, in UTC.
    more
        What else is known of it: in a case ``id``, ``sha256``, ``starred``, ``comments``, ``withdrawn``.
    """

    finding: "Finding"
    told: "datetime"
    more: "Mapping[str, Any]"

    @property
    def withdrawn(self) -> str:
        """Why it no longer holds, "" where it does."""
        return str(self.more.get("withdrawn", ""))


@dataclass(frozen=True, eq=False, kw_only=True)
class Document:
    """What is written: *section* for people, *about* and *findings* for machines."""

    section: "Section"
    about: "Mapping[str, Any]"
    findings: "tuple[Told, ...]"


class Written:
    """What all that can be written to a file has in common.

    Each method writes one file, over an older one of its name, and returns where it is; each raises `StoreError`
    where it cannot be written.
    """

    @abstractmethod
    def document(self) -> Document:
        """Return what is to be written."""

    def to_html(self, path: str | PathLike[str]) -> Path:
        """Write one HTML file that needs no network and no kernel, for people; it prints well, too.

        Raises
        ------
        StoreError
            If it cannot be written there.
        """
        from flowkit.playbooks.report_page import page

        return _write(path, page(self.document().section))

    def to_markdown(self, path: str | PathLike[str]) -> Path:
        """Write Markdown, for a ticket or a wiki: everything but the figures; tables end after 50 rows.

        Raises
        ------
        StoreError
            If it cannot be written there.
        """
        from flowkit.playbooks.report_text import markdown

        return _write(path, markdown(self.document().section))

    def to_csv(self, path: str | PathLike[str]) -> Path:
        """Write the findings as CSV, a row each, for a spreadsheet: no cell of it starts a formula.

        Raises
        ------
        StoreError
            If it cannot be written there.
        """
        from flowkit.playbooks.exporting import csv

        return _write(path, csv(self.document()))

    def to_json(self, path: str | PathLike[str]) -> Path:
        """Write the findings with all their evidence as JSON, for a program.

        Raises
        ------
        StoreError
            If it cannot be written there.
        """
        from flowkit.playbooks.exporting import json_text

        return _write(path, json_text(self.document()))

    def to_ocsf(self, path: str | PathLike[str]) -> Path:
        """Write the findings as OCSF Detection Findings, a line of JSON each, for a SIEM.

        Raises
        ------
        StoreError
            If it cannot be written there.
        """
        from flowkit.playbooks.ocsf import lines

        return _write(path, lines(self.document()))


def _write(path: str | PathLike[str], text: str) -> Path:
    """Write text beside the file and put it in its place, so that a full disk leaves an older one as it was."""
    target = Path(path)
    content = text.encode("utf-8", errors="backslashreplace")
    try:
        if target.exists() and not target.is_file():  # a pipe, a device
            target.write_bytes(content)
        else:
            _replace(target, content)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        why = getattr(error, "strerror", None) or error
        raise StoreError(
            f"the report cannot be written to {str(target)!r}: {why}. Name a file in a folder that is there."
        ) from error
    return target


def _replace(target: Path, content: bytes) -> None:
    part = target.with_name(f".{target.name[:_LONGEST]}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
