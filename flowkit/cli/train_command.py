"""What ``flowkit train`` does: lists the training scenarios, or writes one and tells its question."""

import argparse
import sys
from typing import TYPE_CHECKING

import pandas as pd

from flowkit.cli.printing import print_json, print_table, printable

if TYPE_CHECKING:
    from flowkit.training.lessons import Scenario

LIST = "list"


def add_to(command: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    command.add_argument("scenario", nargs="?", default=LIST, metavar="NAME", help="a scenario, or: list")
    command.add_argument("--seed", default="1", help="what hosts, times and amounts hang on: one for each class")
    command.add_argument("--level", default="normal", help="easy, normal (the default) or hard")
    command.add_argument("--end", metavar="TIME", help="when the log ends (2026-03-10T18:00Z); by default now")
    command.add_argument("--out", metavar="FOLDER", help="write logs and snapshot there")
    command.add_argument("--answers", action="store_true", help="print the answer key, for instructors")


def train(given: argparse.Namespace) -> None:
    """Print the scenarios, or one's question and where its files are."""
    if given.scenario == LIST:
        _list(as_json=given.json)
        return
    from flowkit.training.lessons import scenario

    lesson = scenario(given.scenario, seed=given.seed, level=given.level, end=given.end)
    written = lesson.write(given.out) if given.out else None
    places = {"logs": str(written.logs), "snapshot": str(written.snapshot)} if written else {}
    if given.answers:
        print_json(lesson.answer_key | places)
    elif given.json:
        steps = [{"name": s.name, "question": s.question, "wanted": s.wanted, "points": s.points} for s in lesson.steps]
        print_json({"name": lesson.name, "title": lesson.title, "story": lesson.story, "steps": steps, **places})
    else:
        _tell([*str(lesson).splitlines(), *_next(places, lesson)])


def _list(*, as_json: bool) -> None:
    from flowkit.training.lessons import LEVELS, scenarios

    rows = [
        {"name": one.name, "title": one.title, "minutes": one.minutes, "levels": list(LEVELS),
         "practises": one.practises}
        for one in scenarios()
    ]  # fmt: skip
    if as_json:
        print_json(rows)
        return
    frame = pd.DataFrame(rows).drop(columns="levels")
    print_table(frame, f"{len(frame)} scenarios, each {', '.join(LEVELS)}: flowkit train NAME --out FOLDER.")


def _next(places: dict[str, str], lesson: "Scenario") -> list[str]:
    """Return how to go on, as lines; the end is named, so that Python makes the very same lesson."""
    if not places:
        return ["", "With --out FOLDER the logs and the snapshot are written there; --answers prints the answer key."]
    about = f'"{lesson.name}", seed={lesson.seed!r}, level="{lesson.level.name}", end="{lesson.end:%Y-%m-%dT%H:%MZ}"'
    return [
        "",
        f"Logs: {places['logs']}",
        f"Snapshot: {places['snapshot']}",
        "In Python:",
        "    import flowkit as fk",
        f"    flows = fk.load({places['logs']!r}, inventory={places['snapshot']!r})",
        f"    lesson = fk.training.scenario({about})",
        '    lesson.check("STEP", ANSWER)',
    ]


def _tell(lines: list[str]) -> None:
    for line in lines:
        sys.stdout.write(printable(line) + "\n")
