"""What records mean, kept beside them: worked out once for each set of objects, then read."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from shutil import rmtree
from typing import Final
from weakref import finalize

import ibis.expr.types as ir
from ibis import _
from ibis.backends.duckdb import Backend

from flowkit import engine, keeping, spill
from flowkit.meaning.ends import Ends
from flowkit.meaning.facts import VERSION, Facts, steps
from flowkit.progress import shown
from flowkit.store import Store

_PART: Final = 6_000_000
"""Records worked on at a time: some 2 GB."""
_STEPS: Final = 6
_STEPS_OF_PART: Final = 3


def kept(records: ir.Table, connection: Backend, store: Store, objects: Sequence[int]) -> Facts:
    """Return what *records* mean; *objects* are the numbers of the objects they came from.

    Where the store is read-only it is worked out for this session only.

    Raises
    ------
    StoreError
        If the store cannot be written.
    """
    key = _key(objects)
    folder = store.meaning(key)
    if folder is None and store.read_only:
        folder = _for_now(records, connection, len(objects))
    elif folder is None:
        with store.new_meaning(key) as partial:
            _write(records, connection, partial, len(objects))
        folder = store.meaning(key) or partial
    return _read(connection, folder)


def stored(store: Store, objects: Sequence[int]) -> bool:
    """Return whether what the records of *objects* mean is in the store already."""
    return store.meaning(_key(objects)) is not None


def _key(objects: Sequence[int]) -> str:
    return hashlib.sha256(f"{VERSION} {sorted(objects)}".encode()).hexdigest()[:32]


def _for_now(records: ir.Table, connection: Backend, objects: int) -> Path:
    """Work it out in a folder that goes with the engine."""
    folder = spill.folder()
    folder.mkdir(mode=0o700)
    finalize(connection, rmtree, folder, ignore_errors=True)
    _write(records, connection, folder, objects)
    return folder


def _write(records: ir.Table, connection: Backend, folder: Path, objects: int) -> None:
    count = int(engine.frame(records.aggregate(n=_.count())).n[0])
    parts = max(1, -(-count // _PART))
    held: list[ir.Table] = []
    total = _STEPS + _STEPS_OF_PART * parts
    with shown(total, what="joining records to conversations", unit="step") as progress:
        keep_one = keeping.keeper(connection)

        def keep(expression: ir.Table) -> ir.Table:
            held.append(keep_one(expression))
            progress.step()
            return held[-1]

        def stage(expression: ir.Table) -> ir.Table:
            engine.write_parquet(connection, expression, staged)
            progress.step()
            return engine.read_parquet(connection, [staged])

        staged = folder / "staged.parquet"
        try:
            work = steps(records, keep, parts=parts, objects=objects, stage=stage)
            prepared = len(held)
            for number in range(parts):
                engine.write_parquet(connection, work.part(number, parts), folder / f"facts-{number}.parquet")
                _drop(connection, held, prepared)
            engine.write_parquet(connection, work.ends.addresses, folder / "addresses.parquet")
            engine.write_parquet(connection, work.ends.observers, folder / "observers.parquet")
            staged.unlink(missing_ok=True)
        finally:
            _drop(connection, held, 0)


def _drop(connection: Backend, held: list[ir.Table], after: int) -> None:
    while len(held) > after:
        keeping.drop(connection, held.pop())


def _read(connection: Backend, folder: Path) -> Facts:
    table = engine.read_parquet(connection, sorted(folder.glob("facts-*.parquet")))
    numbers = (engine.read_parquet(connection, [folder / f"{name}.parquet"]) for name in ("addresses", "observers"))
    keep = keeping.keeper(connection)
    return Facts(table, Ends(*map(keep, numbers)))
