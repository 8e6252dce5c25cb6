"""What can go wrong, as one tree; every message ends with the next step.

FlowkitError
├── SourceError          nothing could be read where the logs were said to be
│   ├── FormatError      something was read, but which columns it has is not known
│   └── AwsError         AWS refused what was asked of it, or could not be reached
├── InventoryError       no description of AWS resources was found where one was said to be
├── AddressError         an address, a block or a file of them that is not understood
├── PriceError           a price that is not known, or a file of prices that is not understood
├── PolicyError          a segmentation policy that is not understood, or cannot hold of these flows
├── StoreError           the folder of loaded records cannot be written or read
│   └── CaseError        the folder of a case cannot, or is not as its journal says
├── ScopeError           a restriction that cannot hold, or is not understood
├── UnknownFieldError    no flow log field has that name
├── MissingFieldError    a flow log field that this log was not set up to record
└── QueryError           the engine refused a query
    ├── StoppedError     the user stopped a query, or asked something newer
    └── InsightsError    a query in the Logs Insights language that is not understood
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final, Self

_MOST_IDS: Final = 20
_MOST_PROBLEMS: Final = 10
_BEFORE: Final = 60
_SHOWN: Final = 120
"""Characters of a long line of a query that an error shows: before the place, and in all."""


class FlowkitError(Exception):
    """Base of everything flowkit raises on purpose."""


class SourceError(FlowkitError):
    """Nothing could be read where the logs were said to be."""


class FormatError(SourceError):
    """Lines were read, but which columns they have is not known."""

    @classmethod
    def unknown(cls, line: str, columns: int) -> Self:
        """Headerless lines that are not in the default format."""
        return cls(
            f"the first line has {columns} columns and no header says which: {line!r}. "
            "If this is a flow log, give its own format, as `aws ec2 describe-flow-logs` prints it in "
            'LogFormat: fk.load(..., log_format="${version} ${account-id} ...").'
        )


class AwsError(SourceError):
    """AWS refused what was asked of it, or could not be reached.

    Attributes
    ----------
    code
        AWS's own error code, or the name of what went wrong on the way there.
    kind
        What it comes down to: ``AccessDenied``, ``Expired``, ``Credentials``, ``NoSuchBucket``, ``NoSuchKey``,
        ``Region``, ``LogGroup``, ``Key``, ``Archived``, ``Changed``, ``Throttled``, ``Query`` or ``Service``.
    """

    code: str = ""
    kind: str = ""

    @classmethod
    def answered(cls, what: str, code: str, message: str, step: str, kind: str) -> Self:
        """Say what was asked, AWS's code and words, and the next step."""
        error = cls(f"AWS was asked {what} and answered {code}{': ' if message else ''}{message}. {step}")
        error.code, error.kind = code, kind
        return error

    @classmethod
    def changed(cls, what: str) -> Self:
        """Say that what was listed is another thing by now."""
        words = "it is not what was listed: it changed since"
        return cls.answered(what, "PreconditionFailed", words, "Load again to read what is there now.", "Changed")


class InventoryError(FlowkitError):
    """No description of AWS resources was found where one was said to be."""

    @classmethod
    def missing(cls, path: object) -> Self:
        """Say which path names nothing."""
        return cls(f"there is no file or folder {path}. Check the path of the EC2 snapshot.")

    @classmethod
    def empty(cls, path: object) -> Self:
        """Say where no answer was found, and which command writes one."""
        return cls(
            f"no answer of `aws ec2 describe-*` is in {path or 'an empty list of paths'}. Save some there, such as "
            "`aws ec2 describe-network-interfaces > describe-network-interfaces.json`, likewise describe-instances, "
            "describe-subnets, describe-vpcs, describe-security-groups and describe-flow-logs."
        )


class AddressError(FlowkitError, ValueError):
    """An address, a CIDR block or a file of them that is not understood."""


class PriceError(FlowkitError, ValueError):
    """A price that is not known, or a file of prices that is not understood."""


class PolicyError(FlowkitError, ValueError):
    """A segmentation policy that is not understood, contradicts itself, or cannot hold of these flows."""

    @classmethod
    def unreadable(cls, path: object, why: str) -> Self:
        """Say which file cannot be read, and why."""
        return cls(
            f"the policy {path} cannot be read: {why}. Check the path; fk.policy.examples() names two files to start "
            "from, and fk.policy.learn(flows) proposes one."
        )

    @classmethod
    def found(cls, name: object, problems: Iterable[tuple[int | None, str]]) -> Self:
        """Name a policy's problems, each with its line, at most ten."""
        told = [f"line {line}: {text}" if line else text for line, text in problems]
        if len(told) == 1:
            return cls(f"{name}, {told[0]}")
        shown = "".join(f"\n  {text}" for text in told[:_MOST_PROBLEMS])
        rest = f"\nand {len(told) - _MOST_PROBLEMS} more" if len(told) > _MOST_PROBLEMS else ""
        return cls(f"{name} has {len(told)} problems:{shown}{rest}\nMend them there, and read it again.")


class StoreError(FlowkitError):
    """The folder of loaded records cannot be written or read."""

    @classmethod
    def cannot_write(cls, folder: object, error: OSError) -> Self:
        """Say which folder, and how to name another one."""
        return cls(
            f"loaded records cannot be written to {folder}: {error.strerror or error}. "
            "What was loaded before stands. Make room there, or name another folder in FLOWKIT_CACHE or with case=."
        )

    @classmethod
    def broken(cls, segment: object, error: Exception) -> Self:
        """Say which part of the store is broken, and how to do without it."""
        return cls(
            f"the loaded records in {segment} cannot be read any more ({type(error).__name__}: {error}). "
            "Remove that folder: its logs are then loaded anew."
        )


class CaseError(StoreError):
    """The folder of a case cannot be written or read, or is not as its journal says."""

    @classmethod
    def cannot_write(cls, folder: object, error: OSError) -> Self:
        """Say which case, and that it is whole."""
        return cls(
            f"the case {folder} cannot be written: {error.strerror or error}. What it held before stands. "
            "Make room there, check its permissions, or name another folder with fk.case(...) or case=."
        )

    @classmethod
    def busy(cls, folder: object) -> Self:
        """Say that another process is writing."""
        return cls(f"another process is writing to the case {folder}. Wait until it is done, and try again.")

    @classmethod
    def altered(cls, folder: object, what: str) -> Self:
        """Say what is not as it was written, and how to see all of it."""
        return cls(
            f"the case {folder} was altered: {what}. Nothing more is written to it. "
            f"`flowkit case {folder} verify` names all that does not match; go on from a copy that does."
        )

    @classmethod
    def missing(cls, folder: object) -> Self:
        """Say that there is no case, and how one is made."""
        return cls(f"there is no case in {folder}. Check the path; fk.case({str(folder)!r}) would begin one there.")

    @classmethod
    def newer(cls, folder: object, layout: object, version: object) -> Self:
        """Say which layout a case has, and what wrote it."""
        return cls(
            f"the case {folder} has layout {layout}, written by flowkit {version}, which this flowkit does not know. "
            "Update flowkit; nothing was changed."
        )

    @classmethod
    def unknown_id(cls, given: str, ids: Iterable[str]) -> Self:
        """Name the finding that is not in the case, and those that are."""
        known = ", ".join(list(ids)[:_MOST_IDS]) or "none yet"
        return cls(f"no one finding of this case has the id {given[:_SHOWN]!r}. Its findings: {known}.")


class ScopeError(FlowkitError, ValueError):
    """A restriction that cannot hold, or is not understood."""

    @classmethod
    def unknown_key(cls, key: str, keys: Iterable[str]) -> Self:
        """Name the key that no scope has, and the ones it has."""
        return cls(f"a scope has no {key!r}{_closest(key, keys)}. Its keys are: {', '.join(keys)}.")


class UnknownFieldError(FlowkitError, KeyError):
    """No flow log field has that name."""

    @classmethod
    def named(cls, name: str, names: Iterable[str]) -> Self:
        """Name the unknown field and the nearest known one."""
        return cls(f"no flow log field is called {name!r}{_closest(name, names)}. `flowkit fields` lists them all.")

    def __str__(self) -> str:  # KeyError would show the message in quotes
        return str(self.args[0])


class MissingFieldError(FlowkitError):
    """A flow log field that this log was not set up to record."""

    @classmethod
    def absent(cls, name: str, purpose: str, present: Iterable[str]) -> Self:
        """Say what cannot be answered, which field would answer it, and what the log has."""
        return cls(
            f"{purpose} needs the field {name}, which this log does not record. "
            f"Add ${{{name}}} to the flow log's format (it takes a new flow log: the format of an "
            f"existing one cannot be changed). This log has: {', '.join(present)}."
        )


class QueryError(FlowkitError):
    """The engine refused a query."""


class StoppedError(QueryError):
    """The user stopped a query, or asked something newer."""

    @classmethod
    def told(cls) -> Self:
        """Say that it was stopped, and how to go on."""
        return cls("stopped before it was done. Nothing was changed; ask again to go on.")


class InsightsError(QueryError):
    """A query in the CloudWatch Logs Insights language that is not understood, or cannot be run here.

    Attributes
    ----------
    line, column
        Where in the query, both counted from 1.
    """

    line: int = 1
    column: int = 1

    @classmethod
    def at(cls, query: str, start: int, end: int, problem: str, step: str) -> Self:
        """Say what is wrong where, show the line with a mark under it, and the next step."""
        start = min(start, len(query))
        line = query.count("\n", 0, start) + 1
        first = query.rfind("\n", 0, start) + 1
        column = start - first + 1
        written = query[first:].split("\n", 1)[0]
        cut = max(0, column - _BEFORE)  # a query may be one line of thousands of characters
        part = "".join(c if c.isprintable() else " " for c in written[cut : cut + _SHOWN])
        mark = "^" * max(1, min(end - start, len(part) - (column - 1 - cut)))
        error = cls(f"line {line}, column {column}: {problem}\n  {part}\n  {' ' * (column - 1 - cut)}{mark}\n{step}")
        error.line, error.column = line, column
        return error

    @classmethod
    def unknown(cls, query: str, start: int, name: str, what: str, names: Iterable[str]) -> Self:
        """Name what is not known there, the nearest that is, and all of them."""
        names = list(names)
        problem = f"there is no {what} {name!r}{_closest(name, names) or '.'}"
        return cls.at(query, start, start + len(name), problem, f"Each {what} there is: {', '.join(names)}.")


def _closest(name: str, names: Iterable[str]) -> str:
    close = get_close_matches(name, list(names), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
