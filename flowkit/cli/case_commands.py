"""What ``flowkit case`` does: shows a case, checks it, compares it, and enters what is said of it."""

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from flowkit.cli.printing import print_json, print_table, printable, records
from flowkit.errors import CaseError
from flowkit.wording import several

if TYPE_CHECKING:
    from flowkit.casefile import Case

Action = Callable[["Case", argparse.Namespace], int | None]
_DONE, _FOUND = 0, 1
_SHOWN: Final = ("id", "severity", "kind", "subject", "port", "starred", "summary", "comments", "withdrawn")


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``flowkit case`` to its parser."""
    parser.add_argument("case", metavar="CASE", help="the folder of the case; a note begins one that is not there yet")
    parser.add_argument("action", nargs="?", default="show", choices=list(_ACTIONS), help="what to do (default: show)")
    parser.add_argument(
        "said", nargs="*", metavar="ARGUMENT",
        help="of compare the other case; of keep and star an id; of comment and withdraw an id and a text; "
        "of note a text",
    )  # fmt: skip
    parser.add_argument("--head", metavar="HASH", help="of verify: a hash of the journal that was written down before")


def case(given: argparse.Namespace) -> int:
    """Do what was asked with a case."""
    import flowkit.api  # noqa: F401 - a case reopens its flows with it
    from flowkit.casefile import opened

    takes, act = _ACTIONS[given.action]
    if (len(given.said) < len(takes)) or (len(given.said) > len(takes) and takes[-1:] != ("TEXT",)):
        raise CaseError(f"`{' '.join(('flowkit case CASE', given.action, *takes))}` is how it is said.")
    return act(opened(given.case, create=given.action == "note"), given) or _DONE


def _show(found: "Case", given: argparse.Namespace) -> None:
    about, frame = found.about, found.findings
    scopes = {name: str(scope) for name, scope in found.scopes.items()}
    loads = [{"code": one.code, "totals": one.totals} for one in found.loads]
    notes = [{"time": time, "text": text} for time, text in found.notes]
    if given.json:
        more = {"head": found.head, "loads": loads, "scopes": scopes, "notes": notes}
        print_json({**about, **more, "findings": records(frame)})
        return
    for load in found.loads:
        _say(f"{load.code}: {several(load.totals['objects'], 'object')}, {several(load.totals['records'], 'record')}")
    for name, scope in scopes.items():
        _say(f"Scope {name}: {scope}")
    for note in notes:
        _say(f"{note['time']} {note['text']}")
    shown = frame.assign(comments=frame.comments.map(" | ".join))
    print_table(shown[list(_SHOWN)], f"{found} Last hash: {found.head}")


def _timeline(found: "Case", given: argparse.Namespace) -> None:
    frame = found.timeline
    if given.json:
        print_json({"timeline": records(frame)})
        return
    frame["time"] = frame["time"].dt.strftime("%Y-%m-%d %H:%M:%SZ")
    print_table(frame[["number", "time", "kind", "what"]], f"The journal of {found.name}. Last hash: {found.head}")


def _verify(found: "Case", given: argparse.Namespace) -> int:
    answer = found.verify(head=given.head)
    if given.json:
        about = {"ok": answer.ok, "head": answer.head, "checked": dict(answer.checked)}
        print_json({**about, "problems": records(answer.to_frame())})
    else:
        _say(str(answer))
        for problem in answer.problems[1:]:
            _say(str(problem))
    return _DONE if answer.ok else _FOUND


def _compare(found: "Case", given: argparse.Namespace) -> int:
    frame = found.compare(given.said[0])
    if given.json:
        print_json({"caption": frame.attrs["caption"], "rows": records(frame)})
    else:
        differ = frame[frame["where"] != "both"]
        print_table(differ, f"{frame.attrs['caption']} What both have is not listed; --json has all.")
    return _FOUND if (frame["where"] != "both").any() else _DONE


def _keep(found: "Case", given: argparse.Namespace) -> None:
    _answer(found.keep(given.said[0]), given)


def _note(found: "Case", given: argparse.Namespace) -> None:
    found.note(" ".join(given.said))
    _answer(found.head, given)


def _star(found: "Case", given: argparse.Namespace) -> None:
    found.star(given.said[0])
    _answer(found.head, given)


def _comment(found: "Case", given: argparse.Namespace) -> None:
    found.comment(given.said[0], " ".join(given.said[1:]))
    _answer(found.head, given)


def _withdraw(found: "Case", given: argparse.Namespace) -> None:
    found.withdraw(given.said[0], " ".join(given.said[1:]))
    _answer(found.head, given)


def _answer(what: str, given: argparse.Namespace) -> None:
    """Print the id that was kept, or the hash of what was entered."""
    if given.json:
        print_json({given.action: what})
    else:
        _say(f"Entered: {what}")


def _say(text: str) -> None:
    sys.stdout.write(printable(text) + "\n")


_ACTIONS: Final[dict[str, tuple[tuple[str, ...], Action]]] = {
    "show": ((), _show),
    "verify": ((), _verify),
    "compare": (("OTHER",), _compare),
    "timeline": ((), _timeline),
    "keep": (("ID",), _keep),
    "star": (("ID",), _star),
    "comment": (("ID", "TEXT"), _comment),
    "withdraw": (("ID", "TEXT"), _withdraw),
    "note": (("TEXT",), _note),
}
"""What there is to do with a case: the arguments it takes, and the function that does it."""
