"""The picture of coverage: four states told apart, few enough rows, nothing from the log taken for markup."""

import pandas as pd
import pytest

from flowkit.errors import ScopeError
from flowkit.views.watched import coverage

COLUMNS = ["interface_id", "bucket", "state", "records", "minutes_covered", "minutes", "skipped", "flow_logs"]
FULL = ("records", 3, 10, 10, 0)
CELLS = {
    "records": FULL,
    "part": ("records", 1, 2, 10, 0),
    "NODATA": ("NODATA", 0, 10, 10, 0),
    "SKIPDATA": ("SKIPDATA", 2, 8, 10, 2),
    "nothing": ("nothing", 0, 0, 10, 0),
}


def frame(rows, **attrs):
    """Return coverage from interface to its cells, ten minutes each."""
    starts = pd.date_range("2026-03-10T08:00Z", periods=100_000, freq="10min")
    made = [(name, starts[n], *CELLS[cell], None) for name, cells in rows.items() for n, cell in enumerate(cells)]
    told = pd.DataFrame(made, columns=COLUMNS).astype({"bucket": "datetime64[us, UTC]"})
    told.attrs |= {"caption": "What was told. Scope: all records.", "every": 600} | attrs
    return told


def heat(figure):
    return next(trace for trace in figure.data if trace.type == "heatmap")


def test_each_state_has_its_colour_letter_and_word():
    figure = coverage(frame({"eni-a": ["records", "NODATA", "SKIPDATA", "nothing", "part"]}))
    drawn = heat(figure)
    assert [list(row) for row in drawn.z] == [[0, 1, 2, 3, 0]]
    assert [list(row) for row in drawn.text] == [["", "N", "S", "?", "…"]]
    assert len({colour for _, colour in drawn.colorscale}) == 4
    assert [trace.name for trace in figure.data if trace.type == "scatter"] == [
        "records",
        "N  NODATA: watched, silent",
        "S  SKIPDATA: records lost",
        "?  nothing: unknown, not a line",
        "…  only part of the bucket watched",
    ]


def test_a_cell_says_on_hovering_what_it_tells():
    told = frame({"eni-a": ["SKIPDATA"]}).assign(flow_logs="ALL fl-1 60 s")
    assert heat(coverage(told)).customdata[0][0].split("<br>") == [
        "eni-a",
        "2026-03-10 08:00Z: SKIPDATA, records lost",
        "2 records, 8 of 10 min watched",
        "2 SKIPDATA lines",
        "flow logs: ALL fl-1 60 s",
    ]


def test_the_buckets_are_as_wide_as_they_are():
    drawn = heat(coverage(frame({"eni-a": ["records"]})))
    assert [pd.Timestamp(edge) for edge in drawn.x] == [
        pd.Timestamp("2026-03-10T08:00Z"),
        pd.Timestamp("2026-03-10T08:10Z"),
    ]


def test_the_least_watched_come_first_and_the_rest_is_counted():
    rows = {"eni-a": ["records"] * 2, "eni-b": ["nothing", "records"], "eni-c": ["nothing"] * 2}
    figure = coverage(frame(rows | {f"eni-x{n}": ["records"] * 2 for n in range(3000)}), top=2)
    assert list(figure.layout.yaxis.ticktext) == ["eni-c", "eni-b"]
    assert [list(row) for row in heat(figure).z] == [[3, 3], [3, 0]]
    told = "Drawn: the 2 least watched; and 3,001 interfaces more, all fully watched."
    assert told in figure.layout.meta["caption"]
    few = coverage(frame(rows), top=1)
    assert "and 2 interfaces more, 1 of them not fully watched." in few.layout.meta["caption"]


def test_a_click_finds_the_interface_of_a_row(hostile):
    rows = {name: ["nothing"] for name in hostile} | {"eni-a": ["records"]}
    meta = coverage(frame(rows, named={"eni-a": "web"})).layout.meta
    assert meta["rows"] == [*sorted(hostile), "eni-a"]
    assert meta["bucket_seconds"] == 600
    assert coverage(frame({})).layout.meta["rows"] == []


def test_the_frame_itself_stays_as_it_was():
    told = frame({"eni-a": ["records"], "eni-b": ["nothing"]})
    coverage(told, top=1)
    assert told.attrs["caption"] == "What was told. Scope: all records."
    assert list(told.interface_id) == ["eni-a", "eni-b"]


@pytest.mark.parametrize(
    ("cells", "letters"),
    [
        (["part"] * 40 + ["nothing"] * 2, {"", "?"}),  # too many for "…", few enough for what matters more
        (["nothing"] * 60, {""}),
    ],
)
def test_very_many_cells_have_no_letters(cells, letters):
    drawn = heat(coverage(frame({f"eni-{n}": cells for n in range(60)})))
    assert {letter for row in drawn.text for letter in row} == letters


def test_nothing_to_draw_is_told():
    figure = coverage(frame({}))
    assert [note.text for note in figure.layout.annotations] == [
        "no line of any interface in this window: the log says nothing of it, neither traffic nor silence"
    ]
    assert not figure.data


def test_text_from_a_log_is_no_markup(hostile):
    told = frame({name: ["SKIPDATA"] for name in hostile})
    figure = coverage(told.assign(flow_logs=hostile[0]))
    shown = [*figure.layout.yaxis.ticktext, *(cell for row in heat(figure).customdata for cell in row)]
    assert "<" not in " ".join(shown).replace("<br>", "")
    assert "%{" not in " ".join(shown)


@pytest.mark.parametrize(
    ("change", "options", "told"),
    [
        (lambda f: f, {"top": 0}, "top is 0"),
        (lambda f: f.drop(columns="state"), {}, "lacks state"),
    ],
)
def test_what_cannot_be_drawn_is_refused(change, options, told):
    with pytest.raises(ScopeError, match=told):
        coverage(change(frame({"eni-a": ["records"]})), **options)
