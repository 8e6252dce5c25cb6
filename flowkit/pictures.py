"""Static pictures of figures: kaleido draws them in a browser without a network, kept for the next ones."""

import asyncio
import atexit
import os
from collections.abc import Sequence
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from importlib.util import find_spec
from shutil import which
from threading import Lock, Thread
from typing import Any, Final

import plotly.graph_objects as go

PATIENCE: Final = 60.0
"""Seconds for all figures of one call; the first takes 4, each further one below 1."""
_IDLE: Final = 300.0
"""Seconds after which a browser that draws nothing is closed."""
_WIDTH, _HEIGHT = 1000, 460
_NOWHERE: Final = "127.0.0.1:9"
"""As a proxy: whatever else the browser would ask a network for stays here. Nothing listens on *discard*."""
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def drawn(figures: Sequence[go.Figure]) -> tuple[list[str], str]:
    """Draw figures as SVG.

    Returns
    -------
    tuple
        A picture of each figure, and no words; or no pictures, and in words why and what would help. Nothing that
        goes wrong with the browser is raised, and nothing takes longer than `PATIENCE`.
    """
    if not figures or _given_up:
        return [], "".join(_given_up[-1:])
    if find_spec("kaleido") is None:
        return [], 'install kaleido (pip install "vpc-flowkit[static]") and Chromium or Chrome.'
    with _one_at_a_time:
        try:
            return _browser().draw([figure.to_dict() for figure in figures]), ""
        except Exception as error:  # noqa: BLE001 - whatever the browser does, figure and table are shown
            return [], _why(error)


def _why(error: Exception) -> str:
    from kaleido.errors import ChromeNotFoundError, KaleidoError  # type: ignore[import-untyped]

    if isinstance(error, ChromeNotFoundError):
        named = os.environ.get("BROWSER_PATH") or os.environ.get("FLOWKIT_CHROMIUM") or ""
        told = f" at {named}" if named else ""
        return f"there is no browser{told}: install Chromium or Chrome, or name one in BROWSER_PATH."
    if isinstance(error, KaleidoError):  # what plotly.js cannot draw; the browser is well
        return f"plotly.js does not draw this ({_short(error)})."
    if isinstance(error, (Late, TimeoutError)):
        return _give_up(f"the browser took more than {PATIENCE:.0f} s.")
    return _give_up(f"the browser failed ({_short(error)}).")


def _short(error: Exception) -> str:
    told = str(error.args[0] if len(error.args) > 1 else error) or type(error).__name__
    return " ".join(told.split())[:200].rstrip(".")


class _Browser:
    """A browser and a thread that talks to it, since a notebook's own event loop is busy with the cell."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._kaleido: Any = None
        self._closing: asyncio.TimerHandle | None = None
        Thread(target=self._loop.run_forever, name="flowkit pictures", daemon=True).start()

    def draw(self, figures: list[dict[str, Any]]) -> list[str]:
        return asyncio.run_coroutine_threadsafe(self._draw(figures), self._loop).result(PATIENCE)

    def close(self) -> None:
        with suppress(Exception):
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5)

    def kill(self) -> None:
        """End the browser though it does not answer; it ends by itself, too, once nobody holds its pipe."""
        with suppress(Exception):
            self._kaleido.subprocess.terminate()

    async def _draw(self, figures: list[dict[str, Any]]) -> list[str]:
        if self._closing is not None:
            self._closing.cancel()
        if self._kaleido is None:
            self._kaleido = await self._opened()
        pictures = [await self._kaleido.calc_fig(figure, _size(figure)) for figure in figures]
        self._closing = self._loop.call_later(_IDLE, lambda: self._loop.create_task(self._close()))
        return [picture.decode() for picture in pictures]

    async def _opened(self) -> Any:  # noqa: ANN401 - kaleido has no types
        import kaleido  # type: ignore[import-untyped]

        # plotly's own plotly.js by default; mathjax would come from another server.
        self._kaleido = kaleido.Kaleido(path=_path(), mathjax=False, timeout=PATIENCE, proxy_server=_NOWHERE)
        await self._kaleido.open()
        return self._kaleido

    async def _close(self) -> None:
        closed, self._kaleido = self._kaleido, None
        if closed is not None:
            await closed.close()


_one_at_a_time: Final = Lock()
_running: Final[list[_Browser]] = []
_given_up: Final[list[str]] = []


def _browser() -> _Browser:
    if not _running:
        _running.append(_Browser())
        atexit.register(_running[0].close)
    return _running[0]


def _give_up(words: str) -> str:
    """Leave a browser that failed alone for the rest of the session: each further try could take as long."""
    while _running:
        failed = _running.pop()
        failed.kill()
        atexit.unregister(failed.close)
    _given_up.append(f"{words} It is not tried again before the kernel restarts.")
    return _given_up[-1]


def _path() -> str | None:
    named = os.environ.get("BROWSER_PATH") or os.environ.get("FLOWKIT_CHROMIUM")
    return named or next(filter(None, map(which, _BROWSERS)), None)  # none: where kaleido looks


def _size(figure: dict[str, Any]) -> dict[str, Any]:
    layout = figure.get("layout", {})
    return {"format": "svg", "width": layout.get("width") or _WIDTH, "height": layout.get("height") or _HEIGHT}
