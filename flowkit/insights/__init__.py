"""The CloudWatch Logs Insights query language: written from a scope, run in CloudWatch, or run on what is loaded."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from flowkit.insights.writing import Query, query

if TYPE_CHECKING:
    from flowkit.insights.asking import run
    from flowkit.insights.notes import InsightsWarning

__all__ = ["InsightsWarning", "Query", "query", "run"]


_LAZY = {"InsightsWarning": "flowkit.insights.notes", "run": "flowkit.insights.asking"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the public name stands for
    """Import what speaks with AWS, or runs queries, when it is first used."""
    if name not in _LAZY:
        raise AttributeError(f"module 'flowkit.insights' has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(_LAZY[name]), name)
    return value
