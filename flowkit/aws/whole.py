"""Answers of AWS that broke off on the way: asked for again, and refused in the end.

botocore takes the torn text of a JSON answer for an answer without anything in it, so that a connection that breaks
at the wrong moment would make the rest of a log group vanish. The length that AWS promised tells.
"""

from typing import Any, Final

from botocore.exceptions import IncompleteReadError

_PAUSE: Final = 0.5
"""Seconds to wait, times the attempts so far."""


def asked_again(most: int) -> Any:  # noqa: ANN401 - a handler of botocore's events
    """Return a handler of ``needs-retry`` that asks for a torn answer again, *most* times in all.

    Raises
    ------
    IncompleteReadError
        By the handler, if the last answer was torn as well.
    """

    def check(response: Any, operation: Any, attempts: int, **_: object) -> float | None:  # noqa: ANN401
        if response is None or operation.has_streaming_output or operation.http.get("method") == "HEAD":
            return None
        answer = response[0]
        promised = answer.headers.get("content-length")
        if answer.status_code >= 300 or promised is None or len(answer.content) == int(promised):  # noqa: PLR2004
            return None
        if attempts >= most:
            raise IncompleteReadError(actual_bytes=len(answer.content), expected_bytes=int(promised))
        return _PAUSE * attempts

    return check
