"""The time of a scope: a slider, two exact times, quick ranges."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import ipywidgets

from flowkit.scope import Scope
from flowkit.widgets.handles import HandleNames
from flowkit.widgets.parts import LABEL, Edit, Part, Turn, row
from flowkit.widgets.windows import MINUTE, Window, read_time, steps, whole_minutes, written

_HOUR: Final = timedelta(hours=1)
_QUARTER: Final = timedelta(minutes=15)
_Move = Callable[[Window, Window], Window | None]
_QUICK: Final[tuple[tuple[str, str, _Move], ...]] = (
    ("all", "the whole log", lambda _now, _span: None),
    ("first hour", "the first hour of the log", lambda _now, span: span.first(_HOUR)),
    ("last hour", "the last hour of the log", lambda _now, span: span.last(_HOUR)),
    ("last 15 min", "the last 15 minutes of the log", lambda _now, span: span.last(_QUARTER)),
    ("\N{MINUS SIGN}", "half as long, around the middle", lambda now, _span: now.halved()),
    ("+", "twice as long, around the middle", lambda now, span: now.doubled(span)),
    ("earlier", "earlier by its own length", lambda now, span: now.moved(-1, span)),
    ("later", "later by its own length", lambda now, span: now.moved(1, span)),
)


class TimeWindow(Part):
    """Edits `start` and `end`.

    Parameters
    ----------
    first, last
        The span of the records to choose from.
    turn, edit
        As in `Part`.
    """

    def __init__(self, first: datetime, last: datetime, turn: Turn, edit: Edit) -> None:
        self.span = whole_minutes(first, last)
        self._times = steps(self.span)
        self._now = self.span
        self.slider = self._slider()
        self.start, self.end = (self._exact(key) for key in ("start", "end"))
        self.quick = {name: self._button(name, tip, move) for name, tip, move in _QUICK}
        exact = row(self.start, self.end, flex="1 1 440px")
        children = (self.slider, HandleNames("from, UTC", "until, UTC"), row(exact, row(*self.quick.values())))
        super().__init__(("start", "end"), children, turn, edit, {"width": "auto"})
        self.slider.observe(self._slid, "index")
        self.start.observe(self._typed, "value")
        self.end.observe(self._typed, "value")

    def _slider(self) -> ipywidgets.SelectionRangeSlider:
        one_day = self._times[0].date() == self._times[-1].date()
        one_year = self._times[0].year == self._times[-1].year
        form = "%H:%M" if one_day else "%m-%d %H:%M" if one_year else "%Y-%m-%d %H:%M"
        return ipywidgets.SelectionRangeSlider(
            options=[(f"{time:{form}}", time) for time in self._times],
            index=(0, len(self._times) - 1),
            description="time, UTC",
            continuous_update=False,
            style=LABEL,
            layout={"width": "auto"},
        )

    def _exact(self, key: str) -> ipywidgets.Text:
        return ipywidgets.Text(
            description="from" if key == "start" else "until",
            placeholder=written(getattr(self.span, key)),
            tooltip=f"{key}, such as 2026-03-10T08:00:30Z; UTC unless it says otherwise",
            continuous_update=False,
            style=LABEL,
            layout={"flex": "1 1 200px", "width": "auto", "min_width": "200px", "max_width": "320px"},
        )

    def _button(self, name: str, tip: str, move: _Move) -> ipywidgets.Button:
        button = ipywidgets.Button(description=name, tooltip=tip, layout={"width": "auto"})
        button.on_click(lambda _button: self._moved(move))
        return button

    def _fill(self, scope: Scope, *, correcting: bool) -> None:
        start = scope.start or min(self.span.start, scope.end - MINUTE if scope.end else self.span.start)
        self._now = Window(start, scope.end or max(self.span.end, start + MINUTE))
        self.slider.index = (self._at(self._now.start, up=False), self._at(self._now.end, up=True))
        if not correcting:
            self.start.value, self.end.value = written(scope.start), written(scope.end)

    def _at(self, time: datetime, *, up: bool) -> int:
        """Return the stop of the slider at a time, else the next one outwards."""
        if up:
            return next((n for n, stop in enumerate(self._times) if stop >= time), len(self._times) - 1)
        return max((n for n, stop in enumerate(self._times) if stop <= time), default=0)

    def _slid(self, change: Any) -> None:  # noqa: ANN401 - traitlets' own
        """Take over the end that moved; the other keeps its exact time. The outermost stops restrict nothing."""
        if not self._turn.is_users:
            return
        (first, last), (old_first, old_last) = change["new"], change["old"]
        keys: dict[str, datetime | None] = {}
        if first != old_first:
            keys["start"] = self._times[first] if first else None
        if last != old_last:
            keys["end"] = self._times[last] if last < len(self._times) - 1 else None
        self._edit(self, keys)

    def _typed(self, _change: Any) -> None:  # noqa: ANN401 - traitlets' own
        if self._turn.is_users:
            self._edit(self, {"start": read_time(self.start.value), "end": read_time(self.end.value)})

    def _moved(self, move: _Move) -> None:
        try:
            window = move(self._now, self.span)
        except (ValueError, OverflowError) as error:  # a ScopeError is one; beyond year 9999
            self.say(str(error))
            return
        if window is None or (window.start <= self.span.start and window.end >= self.span.end):
            self._edit(self, {"start": None, "end": None})
        else:
            self._edit(self, {"start": window.start, "end": window.end})
