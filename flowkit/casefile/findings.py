"""A finding as files and back, and its hash, which says the same of the same finding on any machine."""

import json
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from flowkit import scope_code
from flowkit.casefile import canonical
from flowkit.playbooks import Finding
from flowkit.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable

    import plotly.graph_objects as go

FILE: Final = "finding.json"
_ID_LENGTH: Final = 12
_EVIDENCE: Final = ("supporting", "contradicting")
_TIMES: Final = ("first", "last")


def digest(finding: Finding) -> str:
    """Return the SHA-256 of what a finding says, its evidence included.

    Neither the machine, the place of the logs nor the time of the run matters, nor the order of rows of evidence;
    fractions count to six digits.
    """
    values = {name: value for name, value in _values(finding).items() if name not in _EVIDENCE}
    evidence = {name: _rows(getattr(finding, name)) for name in _EVIDENCE}
    return canonical.digest({**values, **evidence})


def short(sha256: str) -> str:
    """Return the id that a finding of this hash has in a case."""
    return sha256[:_ID_LENGTH]


def _values(finding: Finding) -> dict[str, Any]:
    values = {one.name: getattr(finding, one.name) for one in fields(finding)}
    times = {name: None if pd.isna(values[name]) else values[name] for name in _TIMES}
    plain = canonical.plain({**values, **times, "scope": repr(finding.scope), **dict.fromkeys(_EVIDENCE)})
    assert isinstance(plain, dict)  # noqa: S101 - of a mapping
    return plain


def _rows(evidence: object) -> Any:  # noqa: ANN401 - plain values
    """Return evidence as values whose order does not depend on the engine."""
    if not isinstance(evidence, pd.DataFrame):
        return canonical.plain(evidence)
    rows = [canonical.plain(row) for row in evidence.to_dict("records")]
    ordered = sorted(rows, key=canonical.digest)
    return {"caption": str(evidence.attrs.get("caption", "")), "columns": sorted(evidence.columns), "rows": ordered}


def write(finding: Finding, folder: Path, figures: "Iterable[go.Figure]" = ()) -> None:
    """Write a finding to a folder: its values as JSON, rows of evidence as Parquet, figures as plotly's JSON."""
    values = _values(finding)
    for name in _EVIDENCE:
        evidence = getattr(finding, name)
        if isinstance(evidence, pd.DataFrame):
            values[name] = {"file": f"{name}.parquet", **_write_rows(evidence, folder / f"{name}.parquet")}
        else:
            values[name] = list(evidence)
    document = {"finding": values, "sha256": digest(finding)}
    (folder / FILE).write_text(json.dumps(document, indent=1, sort_keys=True), encoding="utf-8")
    write_figures(figures, folder, 0)


def write_figures(figures: "Iterable[go.Figure]", folder: Path, first: int) -> None:
    """Write figures to a folder, numbered from *first* on."""
    for number, figure in enumerate(figures, first):
        (folder / f"figure-{number}.json").write_text(str(figure.to_json()), encoding="utf-8")


def _write_rows(frame: pd.DataFrame, path: Path) -> dict[str, Any]:
    """Write rows; columns of values of several kinds, which Parquet does not know, as JSON."""
    about = {"attrs": canonical.plain(frame.attrs), "as_json": []}
    written = frame.reset_index(drop=True)
    written.attrs = {}
    for name in written.columns:
        try:
            pa.array(written[name], from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            written[name] = written[name].map(canonical.text).astype("str")
            about["as_json"].append(name)
    pq.write_table(pa.Table.from_pandas(written), path)
    return about


def read(folder: Path) -> Finding:
    """Return the finding that `write` wrote to a folder.

    Raises
    ------
    OSError, ValueError, LookupError, TypeError
        If the files are not as they were written.
    """
    values = json.loads((folder / FILE).read_text(encoding="utf-8"))["finding"]
    for name in _EVIDENCE:
        told = values[name]
        values[name] = tuple(told) if isinstance(told, list) else _read_rows(told, folder)
    for name in _TIMES:
        values[name] = values[name] and datetime.fromisoformat(values[name])
    for name in ("innocent_explanations", "next_steps"):
        values[name] = tuple(values[name])
    return Finding(**{**values, "scope": scope_code.read(values["scope"]) if values["scope"] else Scope()})


def _read_rows(about: dict[str, Any], folder: Path) -> pd.DataFrame:
    frame: pd.DataFrame = pq.read_table(folder / Path(about["file"]).name).to_pandas()
    for name in about["as_json"]:
        frame[name] = frame[name].map(json.loads)
    for name in [name for name, kind in frame.dtypes.items() if pd.api.types.is_object_dtype(kind)]:
        frame[name] = frame[name].map(lambda value: value.tolist() if hasattr(value, "tolist") else value)
    frame.attrs = about["attrs"]
    return frame
