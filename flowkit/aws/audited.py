"""What an audit of the logging found, as a frozen value that shows itself."""

import html
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

import pandas as pd

from flowkit.aws.applying import Cover, traffic
from flowkit.aws.faults import SEVERITIES, Facts, Problem
from flowkit.aws.reaching import NOT_CHECKED
from flowkit.errors import FlowkitError
from flowkit.inventory import FlowLog, Snapshot
from flowkit.inventory.text import shown
from flowkit.wording import several

_ROW: Final = (
    "interface_id", "name", "vpc_id", "subnet_id", "instance_id", "kind", "status", "flow_logs", "traffic",
    "destinations", "interval", "delivered", "readable", "covered", "reasons",
)  # fmt: skip
_WITHIN: Final = (
    "name", "vpc_id", "interfaces", "yes", "partly", "no", "unknown", "flow_logs", "traffic", "covered", "reasons",
)  # fmt: skip
_FLOW_LOGS: Final = (
    "flow_log_id", "resource_id", "traffic", "destination", "destination_type", "file_format", "interval", "fields",
    "created", "status", "delivered", "error", "readable",
)  # fmt: skip
_PROBLEM: Final = ("severity", "kind", "resource", "sentence", "command")
_MOST: Final = 50
"""Problems, and rows of a table, that are shown."""
_BESIDE: Final = "text-align:left;vertical-align:top"
_WRAPPED: Final = "white-space:pre-wrap;overflow-wrap:anywhere;text-align:left"

Per = Literal["interface", "subnet", "vpc", "flow_log"]


@dataclass(frozen=True, slots=True, repr=False)
class Audit:
    """Whether a network's traffic is logged, where, and what is wrong with it.

    Attributes
    ----------
    facts
        What is logged of each resource.
    found
        The problems, the gravest first.
    """

    facts: Facts
    found: tuple[Problem, ...]

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that was looked at."""
        return self.facts.network.snapshot

    @property
    def taken(self) -> datetime | None:
        """When it was taken, in UTC."""
        return self.snapshot.taken

    @property
    def problems(self) -> pd.DataFrame:
        """The problems, the gravest first.

        ``severity`` (``critical``, ``high``, ``medium``, ``low``, ``info``), ``kind``, ``resource`` (its id),
        ``sentence``, ``command`` (lines for a shell that would mend it, which flowkit does not run; "" where none can
        be told).
        """
        rows = [{name: getattr(problem, name) for name in _PROBLEM} for problem in self.found]
        return pd.DataFrame(rows, columns=list(_PROBLEM)).astype("str")

    @property
    def worst(self) -> str:
        """The gravest severity, "" without a problem."""
        return self.found[0].severity if self.found else ""

    @property
    def summary(self) -> str:
        """How much is covered, how many problems there are, and what was not checked."""
        return " ".join(filter(None, (self._covered(), self._problems(), self._unread(), self._unasked())))

    def to_frame(self, per: Per = "interface") -> pd.DataFrame:
        """Return what is logged, a row per interface, or per subnet, VPC or flow log.

        Parameters
        ----------
        per
            ``"interface"``: ``interface_id``, ``name``, ``vpc_id``, ``subnet_id``, ``instance_id``, ``kind``,
            ``status`` (``in-use``; ``available`` is attached to nothing), ``flow_logs`` (ids of those that apply, be
            they on the interface, its subnet or its VPC), ``traffic`` (what they record together: ``ALL``, ``ACCEPT``,
            ``REJECT`` or ""), ``destinations``, ``interval`` (the longest [s]), ``delivered`` (``yes``, ``failed`` or
            ``no``), ``readable`` (``yes``, ``no``, ``empty``, ``missing`` or ``not checked``), ``covered`` (``yes``,
            ``partly``, ``no`` or ``unknown``), ``reasons`` (why it is not ``yes``).
            ``"subnet"``, ``"vpc"``: its id, ``name``, ``vpc_id``, ``interfaces`` and how many of them are covered
            (``yes``, ``partly``, ``no``, ``unknown``), ``flow_logs`` (its own and those it inherits), ``traffic``,
            ``covered``, ``reasons``.
            ``"flow_log"``: ``flow_log_id``, ``resource_id``, ``traffic``, ``destination``, ``destination_type``,
            ``file_format``, ``interval`` [s], ``fields`` (its format), ``created``, ``status``, ``delivered``,
            ``error``, ``readable``.

        Raises
        ------
        FlowkitError
            If *per* is none of these.
        """
        if per not in get_args(Per):
            raise FlowkitError(f"an audit has no rows per {per!r}. Ask for one of: {', '.join(get_args(Per))}.")
        if per == "flow_log":
            logs = pd.DataFrame([self._flow_log(one) for one in self.snapshot.flow_logs], columns=list(_FLOW_LOGS))
            return logs.astype({"interval": "Int64", "created": "datetime64[us, UTC]"})
        if per == "interface":
            rows = [self._interface(cover) for cover in self.facts.covers]
            return pd.DataFrame(rows, columns=list(_ROW)).astype({"interval": "Int64"})
        inside = Counter((where, one.covered) for one in self.facts.covers for where in (one.vpc_id, one.subnet_id))
        chosen = [one for one in self.facts.within if bool(one.subnet_id) == (per == "subnet")]
        rows = [self._within(cover, per, inside) for cover in chosen]
        return pd.DataFrame(rows, columns=[f"{per}_id", *(name for name in _WITHIN if name != f"{per}_id")])

    def _interface(self, cover: Cover) -> dict[str, object]:
        held = cover.interface
        about = {name: getattr(held, name, "") for name in _ROW[:7]}
        return {
            **about,
            "flow_logs": _joined(one.flow_log_id for one in cover.flow_logs),
            "traffic": traffic(cover.recording),
            "destinations": _joined(dict.fromkeys(one.destination for one in cover.flow_logs)),
            "interval": max((one.interval or 0 for one in cover.flow_logs), default=0) or None,
            "delivered": _delivered(cover.flow_logs, cover.recording),
            "readable": self._readable(cover.flow_logs),
            "covered": cover.covered,
            "reasons": "; ".join(cover.reasons),
        }

    def _within(self, cover: Cover, per: str, inside: Counter[tuple[str, str]]) -> dict[str, object]:
        states = {state: inside[cover.resource_id, state] for state in ("yes", "partly", "no", "unknown")}
        named = self.facts.network.subnets if per == "subnet" else self.facts.network.vpcs
        return {
            f"{per}_id": cover.resource_id,
            "name": named[cover.resource_id].name,
            "vpc_id": cover.vpc_id,
            "interfaces": sum(states.values()),
            **states,
            "flow_logs": _joined(one.flow_log_id for one in cover.flow_logs),
            "traffic": traffic(cover.recording),
            "covered": cover.covered,
            "reasons": "; ".join(cover.reasons),
        }

    def _flow_log(self, one: FlowLog) -> dict[str, object]:
        return {
            "flow_log_id": one.flow_log_id, "resource_id": one.resource_id, "traffic": one.traffic_type,
            "destination": one.destination, "destination_type": one.destination_type, "file_format": one.file_format,
            "interval": one.interval, "fields": one.log_format, "created": one.created, "status": one.status,
            "delivered": "failed" if one.deliver_status == "FAILED" else "yes", "error": one.deliver_error,
            "readable": self._readable((one,)),
        }  # fmt: skip

    def _readable(self, flow_logs: Sequence[FlowLog]) -> str:
        states = [self.facts.reach[one.flow_log_id].state for one in flow_logs if one.flow_log_id in self.facts.reach]
        order = ("yes", "empty", "no", "missing", NOT_CHECKED)
        return next((state for state in order if state in states), NOT_CHECKED if flow_logs else "")

    def _covered(self) -> str:
        states = [cover.covered for cover in self.facts.covers]
        if not states:
            return "No network interface is in this snapshot."
        counts = {state: states.count(state) for state in ("yes", "partly", "no", "unknown")}
        if counts["yes"] == len(states):
            return f"Every interface is covered: all traffic of {several(len(states), 'interface')} is logged."
        words = {"partly": "partly", "no": "not at all", "unknown": "unknown"}
        rest = ", ".join(f"{counts[state]:,} {word}" for state, word in words.items() if counts[state])
        are = "is" if counts["yes"] == 1 else "are"
        return f"Of {several(len(states), 'interface')} {counts['yes']:,} {are} covered for all traffic; {rest}."

    def _problems(self) -> str:
        if not self.found:
            return "No problem was found."
        severities = [problem.severity for problem in self.found]
        by = ", ".join(f"{severities.count(one):,} {one}" for one in SEVERITIES if one in severities)
        return f"{several(len(self.found), 'problem')}: {by}."

    def _unread(self) -> str:
        if not self.snapshot.flow_logs or self.facts.reach:
            return ""
        return "Whether you can read where the flow logs are delivered was not checked: a snapshot cannot tell."

    def _unasked(self) -> str:
        said = ""
        if "NetworkInterfaces" not in self.snapshot.answered:
            said = "Network interfaces were not asked for (describe-network-interfaces): there may be more of them. "
        if self.snapshot.refused:
            said += f"AWS refused {several(len(self.snapshot.refused), 'call')}: see .snapshot.problems."
        return said.strip()

    def __str__(self) -> str:
        """Return the summary, and each problem with its command."""
        lines = [f"Logging as of {self._time()}. {shown(self.summary)}"]
        for problem in self.found[:_MOST]:
            lines.append(f"\n{problem.severity}, {problem.kind}: {problem.sentence}")
            lines += [f"    {line}" for line in problem.command.splitlines()]
        if len(self.found) > _MOST:
            lines.append(f"\nand {len(self.found) - _MOST:,} more: .problems has them all, as has --json.")
        if any(problem.command for problem in self.found):
            lines.append("\nflowkit runs none of these commands. What was not logged cannot be had afterwards.")
        return "\n".join(lines)

    __repr__ = __str__

    def _time(self) -> str:
        return f"{self.taken:%Y-%m-%d %H:%MZ} (from {self.snapshot.taken_from})" if self.taken else "an unknown time"

    def _repr_html_(self) -> str:
        """Return the same for a notebook: a table of problems, and one of interfaces."""
        problems = [
            {"severity": one.severity, "problem": one.sentence, "command": one.command} for one in self.found[:_MOST]
        ]
        more = f" (the first {_MOST} of {len(self.found):,}: see .problems)" if len(self.found) > _MOST else ""
        told = "The commands would mend them; flowkit runs none." if problems else "No problem was found."
        frame = self.to_frame()
        dark = frame[frame.covered != "yes"]
        columns = ["interface_id", "name", "subnet_id", "status", "covered", "flow_logs", "traffic", "reasons"]
        listed = [dict(zip(columns, row, strict=True)) for row in dark[columns].head(_MOST).itertuples(index=False)]
        cut = f" (the first {_MOST} of {len(dark):,}: see .to_frame())" if len(dark) > _MOST else ""
        none = "Every interface is covered." if len(frame) else "There is no interface."
        return (
            f"<p><b>Logging as of {html.escape(self._time())}.</b> {_escaped(self.summary)}</p>"
            + _table(problems, f"Problems{more}. {told}")
            + _table(listed, f"Interfaces that are not covered for all traffic{cut}." if len(dark) else none)
        )


def _table(rows: Sequence[Mapping[str, object]], caption: str) -> str:
    if not rows:
        return f"<p>{_escaped(caption)}</p>"
    head = "".join(f"<th scope='col' style='{_BESIDE}'>{_escaped(str(name))}</th>" for name in rows[0])
    body = "".join(f"<tr>{''.join(_cell(name, value) for name, value in row.items())}</tr>" for row in rows)
    caption = f"<caption style='text-align:left'>{_escaped(caption)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(name: str, value: object) -> str:
    text = "<br>".join(map(_escaped, str(value).splitlines()))
    if name == "command" and text:
        text = (
            f"<details><summary>show command</summary><pre style='{_WRAPPED}'>{html.escape(str(value))}</pre></details>"
        )
    return f"<td style='{_BESIDE}'>{text}</td>"


def _escaped(text: str) -> str:
    return html.escape(shown(text))


def _delivered(applying: Sequence[FlowLog], recording: Sequence[FlowLog]) -> str:
    """Return whether what the flow logs record arrives."""
    if not applying:
        return ""
    if any(one.deliver_status != "FAILED" for one in recording):
        return "yes"
    return "failed" if any(one.deliver_status == "FAILED" for one in applying) else "no"


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(texts)
