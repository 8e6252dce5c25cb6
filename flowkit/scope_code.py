"""A scope as the code that narrows flows to it, and back: read by its literals, never run."""

import ast
from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from operator import and_
from typing import Any, Final

from flowkit.errors import ScopeError
from flowkit.scope import Scope

_PACKAGE: Final = ("fk", "flowkit")
_LONGEST: Final = 200_000
"""Characters of code that are read; a scope of ten thousand addresses has as many."""


def parts(scope: Scope) -> list[Scope]:
    """Return the scopes that must all hold, each without `also`; none for all records."""
    own = replace(scope, also=None)
    return ([own] if own != Scope() else []) + (parts(scope.also) if scope.also else [])


def joined(scopes: Iterable[Scope]) -> Scope:
    """Return what lies in all scopes, in the one form that `code` and `read` keep."""
    return reduce(and_, (part for scope in scopes for part in parts(scope)), Scope())


def code(scope: Scope, name: str = "flows") -> str:
    """Return the expression that narrows the flows called *name* to *scope*.

    >>> code(Scope(dstport=5432, action="REJECT") & Scope(dstport=[5432, 5433]))
    "flows.narrow(dstport=5432, action='REJECT').narrow(dstport=[5432, 5433])"
    """
    return name + "".join(f".narrow({', '.join(part.arguments())})" for part in parts(scope))


def read(text: str) -> Scope:
    """Return the scope that `code` or a scope's ``repr`` wrote.

    Raises
    ------
    ScopeError
        If it is something else, or a value in it cannot be one of its key.

    Examples
    --------
    >>> print(read("flows.narrow(address='10.0.2.0/24').narrow(address='10.0.3.7')"))
    address 10.0.2.0/24 and address 10.0.3.7
    >>> read("fk.Scope(dstport=443) & Scope(protocol='tcp')")
    Scope(dstport=443, protocol='tcp')
    """
    if len(text) > _LONGEST:
        raise ScopeError(f"the code of a scope has at most {_LONGEST:,} characters, not {len(text):,}.")
    try:
        return _scope(ast.parse(text.strip(), mode="eval").body)
    except ScopeError:
        raise
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        raise _not_understood(text) from None


def _scope(node: ast.expr) -> Scope:
    match node:
        case ast.Name(id=name) if name not in ("Scope", *_PACKAGE):
            return Scope()
        case ast.BinOp(left=left, op=ast.BitAnd(), right=right):
            return _scope(left) & _scope(right)
        case ast.Call(func=ast.Attribute(value=flows, attr="narrow"), args=[], keywords=keywords):
            return _scope(flows) & Scope.of(**_literals(keywords))
        case ast.Call(func=ast.Attribute(value=flows, attr="within"), args=[scope], keywords=[]):
            return _scope(flows) & _scope(scope)
        case ast.Call(
            func=ast.Name(id="Scope") | ast.Attribute(value=ast.Name(id="fk" | "flowkit"), attr="Scope"),
            args=[],
            keywords=keywords,
        ):
            return Scope.of(**_literals(keywords))
    raise _not_understood(ast.unparse(node))


def _literals(keywords: list[ast.keyword]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for keyword in keywords:
        if keyword.arg is None or keyword.arg in values:
            raise _not_understood(ast.unparse(keyword))
        values[keyword.arg] = _literal(keyword.value)
    return values


def _literal(node: ast.expr) -> Any:  # noqa: ANN401 - a text, a number, None, or several of them
    match node:
        case ast.Constant(value=str() | int() | None as value) if not isinstance(value, bool):
            return value
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_literal(item) for item in items]
    raise _not_understood(ast.unparse(node))


def _not_understood(text: str) -> ScopeError:
    shown = text if len(text) <= 80 else text[:80] + "…"  # noqa: PLR2004 - what fits in a sentence
    return ScopeError(
        f"this is no code of a scope: {shown!r}. Understood are flows.narrow(dstport=443).narrow(…) and "
        "Scope(dstport=443) & Scope(…), with plain texts, numbers and lists of them."
    )
