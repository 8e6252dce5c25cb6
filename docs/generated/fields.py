"""The flow log fields, from `flowkit.fields`."""

from itertools import groupby

from flowkit.fields import DEFAULT_FORMAT, FIELDS, PROTOCOLS, TCP_FLAGS, Field
from generated.markdown import cell, code, table

__all__ = ["pages"]

_HEAD = """# Fields

Every field that AWS documents for VPC and transit gateway flow logs, version 2 to 11: its name in text records, in
Parquet, Athena and flowkit's tables, and in Logs Insights. `flowkit fields` prints them in a terminal.

*Without it* names what cannot be told of a log that lacks the field; `fk.analysis.summary(flows)` says so of the log at
hand. A log has the fields it was set up with: the format of a flow log cannot be changed afterwards.
"""
_KINDS = {"tag": "text, percent-encoded", "time": "time"}


def pages() -> dict[str, str]:
    """Return the page."""
    vpc = sorted((one for one in FIELDS if one.logs != "tgw"), key=lambda one: one.since)
    sections = [_section(f"Version {since}", list(ones)) for since, ones in groupby(vpc, key=lambda one: one.since)]
    gateway = _section("Transit gateways only (version 6)", [one for one in FIELDS if one.logs == "tgw"])
    return {"reference/fields.md": "\n\n".join((_HEAD, *sections, gateway, _numbers()))}


def _section(title: str, ones: list[Field]) -> str:
    heads = ("Field", "Column", "Insights", "Kind", "Meaning")
    return f"## {title}\n\n{table(heads, map(_row, ones))}"


def _row(one: Field) -> tuple[str, ...]:
    kind = _KINDS.get(one.kind, one.kind)
    values = "; ".join(f"{code(name)} {cell(said)}".strip() for name, said in one.values.items())
    meaning = cell(one.meaning) + (f"<br>{values}" if values else "")
    lacking = f"<br>*Without it:* {cell(one.answers)}" if one.answers else ""
    both = " (also transit gateways)" if one.logs == "both" else ""
    return (
        code(one.name),
        code(one.column),
        code(one.insights),
        f"{kind}, {cell(one.unit)}" if one.unit else kind,
        f"{meaning}{both}{lacking}",
    )


def _numbers() -> str:
    protocols = table(("Name", "Number"), ((code(name), str(number)) for name, number in PROTOCOLS.items()))
    flags = table(("Number", "Flags"), ((number, cell(name)) for number, name in TCP_FLAGS.items()))
    return (
        f"## The default format\n\n`{' '.join(f'${{{name}}}' for name in DEFAULT_FORMAT)}`\n\n"
        f"## Protocols by name\n\nWhat `protocol=` takes beside any number (IANA).\n\n{protocols}\n\n"
        f"## TCP flags\n\nA record has those of its interval OR-ed; ACK counts only beside SYN.\n\n{flags}\n"
    )
