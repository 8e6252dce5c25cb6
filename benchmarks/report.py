"""The figures of ``make bench`` as the table that people read in a terminal."""

from benchmarks.machine import told
from benchmarks.running import UNAVAILABLE, Figures


def load_row(name: str, of: Figures) -> str:
    """Write one load as a row of the table."""
    if UNAVAILABLE in of:
        return f"{name:24} {of[UNAVAILABLE]}"
    speed = of["records"] / of["seconds"]
    compared = f" {of['to_flowkit']:9.2f}" if "to_flowkit" in of else ""
    return f"{name:24} {of['records']:12,} {of['seconds']:9.2f} {speed:11,.0f} {of['peak_mb']:9,.0f}{compared}"


def load_rows(loaded: Figures, records: int) -> list[str]:
    """Write all loads, and what of them is not in a row."""
    head = f"{'load':24} {'records':>12} {'seconds':>9} {'records/s':>11} {'peak MB':>9} {'x flowkit':>9}"
    there = {name: of for name, of in loaded.items() if UNAVAILABLE not in of}
    imported = ", ".join(f"{name} {of['version']} {of['import_seconds']:.2f} s" for name, of in there.items())
    parts = [
        f"{name} read {of['records']:,} of them; all: {of['seconds_for_all']:.0f} s (extrapolated)"
        for name, of in there.items()
        if of["records"] < records
    ]
    return [head, *(load_row(*row) for row in loaded.items()), f"imported before that: {imported}", *parts]


def timed_rows(title: str, by_library: Figures) -> list[str]:
    """Write jobs that several libraries did: a row for each job and library, seconds warm and at first."""
    rows = [f"{title:44} {'warm':>9} {'first':>9} {'x flowkit':>9}"]
    own = by_library["flowkit"]["warm"]
    for library, of in by_library.items():
        if UNAVAILABLE in of:
            rows.append(f"{library:16} {of[UNAVAILABLE]}")
            continue
        for job, seconds in of["warm"].items():
            compared = f"{seconds / own[job]:9.2f}"
            rows.append(f"{library:16} {job:27} {seconds:9.3f} {of['first'][job]:9.3f} {compared}")
    return rows


def scoring_rows(scored: Figures) -> list[str]:
    """Write how long scoring regular calls took, and how right it was."""
    rows = [f"{'scoring calls':16} {'pairs':>6} {'seconds':>9} {'x flowkit':>9} {'found':>12} {'false':>6}"]
    own = scored["flowkit"]["seconds"]
    for library, of in scored.items():
        if UNAVAILABLE in of:
            rows.append(f"{library:16} {of[UNAVAILABLE]}")
            continue
        found = f"{of['found']} of {of['regular']}"
        rows.append(
            f"{library:16} {of['pairs']:6} {of['seconds']:9.2f} {of['seconds'] / own:9.1f} {found:>12} {of['false']:6}"
        )
    joined = scored["flowkit"]["meaning_seconds"]
    return [*rows, f"flowkit worked the conversations out before, once: {joined:.2f} s; MSTICPy was given them"]


def narrowed_rows(narrowed: Figures) -> list[str]:
    """Write what questions take in scopes narrowed anew: a row per scope, a column per question."""
    questions = list(next(iter(narrowed.values())))
    head = f"{'seconds, narrowed anew':24} " + " ".join(f"{name:>16}" for name in questions)
    return [head, *(f"{scope:24} " + " ".join(f"{of[q]:16.3f}" for q in questions) for scope, of in narrowed.items())]


def workbench_rows(used: Figures) -> list[str]:
    """Write what a pick in the workbench takes, in all and by view."""
    if UNAVAILABLE in used:
        return [f"the workbench was not measured: {used[UNAVAILABLE]}"]
    head = f"{'seconds, workbench':24} {'picks':>6} {'median':>9} {'95 of 100':>10} {'kernel':>9} {'95 of 100':>10}"
    rows = {"all views": used["picks"], **used["views"]}
    columns = (("seconds", 9), ("seconds_p95", 10), ("kernel", 9), ("kernel_p95", 10))
    written = [
        f"{name:24} {of['count']:6} " + " ".join(f"{of[column]:{width}.2f}" for column, width in columns)
        for name, of in rows.items()
    ]
    slowest = "; ".join(used["picks"]["slowest"])
    return [head, *written, f"first display {used['first_display']:.2f} s; slowest: {slowest}"]


def remote_rows(measured: Figures) -> list[str]:
    """Write what loading from a bucket takes."""
    listing, slower = measured["listing"], measured["both_against_the_slower"]
    rows = [f"{name:36} {measured[name]['seconds']:9.2f}" for name in ("reading", "fetching", "both")]
    return [
        f"{'seconds, from S3 at 15 MB/s':36}",
        *rows,
        f"both : the slower alone {slower:.2f}, peak {measured['both']['peak_mb']:,.0f} MB",
        f"of 100,000 keys: {listing['listings']} listings, {listing['own_seconds']:.2f} s of flowkit's own",
    ]


def joined_rows(figures: Figures) -> list[str]:
    """Write what working out conversations takes, and a larger load."""
    rows = [f"{'worked out once':24} {'records':>12} {'seconds':>9} {'records/s':>11} {'peak MB':>9}"]
    rows.append(load_row("conversations", figures["answers"]["meaning"]))
    if larger := figures["large"]:
        rows.append(load_row("flowkit, large", larger))
        rows.append(load_row("conversations, large", larger["meaning"]))
    return rows


def report(figures: Figures) -> str:
    """Write the figures as the table that people read."""
    on = figures["machine"]
    parts = [
        [told(on), ", ".join(f"{name} {number}" for name, number in on["versions"].items())],
        load_rows(figures["load"], figures["records"]),
        timed_rows("queries, seconds", figures["query"]),
        scoring_rows(figures["scoring"]),
        timed_rows("redraw, seconds", figures["redraw"]),
        *(own_parts(figures) if "answers" in figures else ()),
    ]
    return "\n\n".join("\n".join(part) for part in parts)


def own_parts(figures: Figures) -> list[list[str]]:
    """Write what flowkit alone does."""
    asked = figures["answers"]
    return [
        joined_rows(figures),
        [
            f"{'seconds':36} {'warm':>9} {'first':>9}",
            *(f"{name:36} {seconds:9.3f} {asked['first'][name]:9.2f}" for name, seconds in asked["warm"].items()),
        ],
        narrowed_rows(asked["narrowed"]),
        workbench_rows(asked["workbench"]),
        remote_rows(figures["remote"]),
        [
            f"{'facts on a million addresses':36} {figures['addresses']['seconds']:9.3f}",
            f"{'import flowkit':36} {figures['import_seconds']:9.3f}",
        ],
    ]
