"""Redraw two pictures of a loaded log, and print what each took as JSON: ``flowkit WORK LOGS`` or ``msticpy WORK``.

From the loaded log to the figure as the text that a notebook is sent: rejects over time by port, and who talked to
whom. flowkit starts from its own cache and draws with plotly, MSTICPy from a frame in memory and draws with Bokeh.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.timing import timed

PORTS, TALKERS = 8, 12
EVERY = timedelta(minutes=10)
PICTURES = ("rejects", "graph")


def flowkit(work: Path, logs: Path) -> Mapping[str, Callable[[], str]]:
    """Ask and draw; what the records mean is worked out before, and nothing that a picture kept helps the next."""
    os.environ["FLOWKIT_CACHE"] = str(work)
    from flowkit import analysis, views
    from flowkit.api import load

    loaded = load(logs)
    _ = loaded.facts

    def fresh() -> Any:  # noqa: ANN401 - Flows
        loaded.origin._memory.clear()  # noqa: SLF001 - what a new scope would not know either
        return loaded.narrow()

    def rejects() -> str:
        found = analysis.reject_timeline(fresh(), every=EVERY, by="dstport", top=PORTS)
        return str(views.reject_timeline(found).to_json())

    def graph() -> str:
        return str(views.talker_graph(analysis.talker_edges(fresh(), top=TALKERS)).to_json())

    return {"rejects": rejects, "graph": graph}


def msticpy(work: Path, *_: Path) -> Mapping[str, Callable[[], str]]:
    """Group with pandas, and draw with MSTICPy's time line of values and its graph."""
    import networkx as nx
    import pandas as pd
    from bokeh.embed import json_item
    from msticpy.vis.network_plot import plot_nx_graph
    from msticpy.vis.timeline_values import display_timeline_values

    columns = ["srcaddr", "dstaddr", "dstport", "bytes", "start", "action"]
    frame = pd.read_parquet(work / "records.parquet", columns=columns, dtype_backend="pyarrow")
    frame["time"] = pd.to_datetime(frame.start.astype("int64"), unit="s", utc=True)

    def rejects() -> str:
        rejected = frame.loc[frame.action == "REJECT", ["time", "dstport"]]
        ports = rejected.dstport.value_counts().head(PORTS).index
        named = rejected.dstport.astype(str).where(rejected.dstport.isin(ports), "other")
        counted = rejected.assign(port=named).groupby([rejected.time.dt.floor(EVERY), "port"]).size()
        asked = {"value_column": "records", "time_column": "time", "group_by": "port", "kind": ["vbar"]}
        drawn = display_timeline_values(
            counted.reset_index(name="records"), source_columns=["port", "records"], hide=True, **asked
        )
        return json.dumps(json_item(drawn))

    def graph() -> str:
        ends = {end: frame.groupby(end).bytes.sum().nlargest(TALKERS).index for end in ("srcaddr", "dstaddr")}
        named = {end: frame[end].where(frame[end].isin(top), "other") for end, top in ends.items()}
        edges = frame.assign(**named).groupby(list(named), as_index=False).bytes.sum()
        edges = edges[(edges.srcaddr != "other") | (edges.dstaddr != "other")].astype({"bytes": "int64"})
        edges = edges.astype(dict.fromkeys(named, object))
        return json.dumps(json_item(plot_nx_graph(nx.from_pandas_edgelist(edges, *named, ["bytes"]), hide=True)))

    return {"rejects": rejects, "graph": graph}


def main(library: str, *folders: str) -> None:
    """Draw each picture, the first time and some more."""
    pictures = {"flowkit": flowkit, "msticpy": msticpy}[library](*map(Path, folders))
    took = timed(pictures)
    print(json.dumps({**took, "characters": {name: len(draw()) for name, draw in pictures.items()}}))


if __name__ == "__main__":
    main(*sys.argv[1:])
