"""An EC2 snapshot: what the describe calls answer, kept as plain JSON so that the work can go on offline and later."""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import Any, Final

from flowkit import inventory, progress
from flowkit.aws.asking import ENTRIES, EVERYTHING, NEEDED, PREFIX_LISTS, Call, Closed, Place, accesses, places
from flowkit.errors import AwsError, InventoryError
from flowkit.inventory import Snapshot

_AT_ONCE: Final = 8
_PREFIX_LIST: Final = re.compile(r"pl-[0-9a-f]+")

Named = str | Iterable[str] | None


def collected(
    folder: str | PathLike[str] | None, *, region: Named = None, profile: Named = None, role: Named = None
) -> Snapshot:
    """Ask every describe call of each place, keep the answers in *folder*, and read them back."""
    began = datetime.now(UTC)
    target = Path(f"snapshot-{began:%Y%m%dT%H%M%SZ}" if folder is None else folder).expanduser()
    _free(target)
    try:
        target.absolute().parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.absolute().parent))
    except OSError as error:
        raise _cannot_write(target, error) from error
    try:
        _fill(part, began, EVERYTHING, region, profile, role)
        _free(target)
        with suppress(FileNotFoundError):
            target.rmdir()  # an empty one
        part.rename(target)
    except OSError as error:
        raise _cannot_write(target, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return inventory.read(target)


def looked_at(*, region: Named = None, profile: Named = None, role: Named = None) -> tuple[Snapshot, list[Place]]:
    """Ask only what an audit takes, keep nothing, and return the snapshot and the places it was taken in."""
    with tempfile.TemporaryDirectory(prefix="flowkit-") as folder:
        asked = _fill(Path(folder), datetime.now(UTC), NEEDED, region, profile, role)
        return inventory.read(folder), asked


def _free(target: Path) -> None:
    """Refuse to write over anything.

    Raises
    ------
    InventoryError
        If something is there already.
    """
    try:
        taken = target.exists() and not (target.is_dir() and not any(target.iterdir()))
    except OSError as error:
        raise _cannot_write(target, error) from error
    if taken:
        raise InventoryError(f"{target} is there already, and a snapshot is never overwritten. Name another folder.")


def _cannot_write(target: Path, error: OSError) -> InventoryError:
    return InventoryError(
        f"the snapshot cannot be written to {target}: {error.strerror or error}. "
        "Make room there, or name another folder."
    )


def _fill(
    folder: Path, began: datetime, calls: tuple[Call, ...], region: Named, profile: Named, role: Named
) -> list[Place]:
    """Write the answers of all places and the manifest; return the places.

    Raises
    ------
    AwsError
        If nothing at all was answered.
    """
    found, closed = _places(region, profile, role)
    noted: list[dict[str, Any]] = [
        {
            "account": _account_of(one.access.role),
            "region": one.access.region or "",
            "calls": [],
            "refused": [_told("", one.error)],
        }
        for one in closed
    ]
    errors = [one.error for one in closed]
    answers = 0
    with progress.shown(len(calls) * len(found), what="Asking AWS", unit="call") as bar:
        for place in found:
            done, refused = _ask(place, calls, folder, bar)
            answers += len(done)
            errors += refused.values()
            told = [_told(name, error) for name, error in refused.items()]
            noted.append({"account": place.account, "region": place.region, "calls": done, "refused": told})
    if not answers:
        raise errors[0]
    ended = datetime.now(UTC)
    manifest = {"taken": _zulu(began), "ended": _zulu(ended), "by": f"flowkit {version('vpc-flowkit')}"}
    _write(folder / "manifest.json", {**manifest, "places": noted})
    return found


def _places(region: Named, profile: Named, role: Named) -> tuple[list[Place], list[Closed]]:
    """Return the places to ask, each once, and the accesses that lead nowhere."""
    found: dict[tuple[str, str], Place] = {}
    closed = []
    for access, regions in accesses(region, profile, role):
        try:
            for place in places(access, regions):
                found.setdefault((place.account, place.region), place)
        except AwsError as error:
            closed.append(Closed(access, error))
    return list(found.values()), closed


def _ask(
    place: Place, calls: tuple[Call, ...], folder: Path, bar: progress.Progress
) -> tuple[list[str], dict[str, AwsError]]:
    """Ask the calls of a place, several at once; return those answered and those refused."""
    below = folder / place.account / place.region
    below.mkdir(parents=True, mode=0o700)
    refused: dict[str, AwsError] = {}
    done: list[str] = []
    try:
        clients = {service: place.access.client(service) for service in sorted({call.service for call in calls})}
    except AwsError as error:
        return done, {"": error}
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        asked = {call: pool.submit(_kept, call, clients[call.service], below / call.file) for call in calls}
        for call, answer in asked.items():
            _settle(call.name, answer, done, refused, bar)
        if PREFIX_LISTS in asked and PREFIX_LISTS.name in done:
            _entries(asked[PREFIX_LISTS].result(), clients["ec2"], below, pool, done, refused)
    finally:
        pool.shutdown(cancel_futures=True)
    return done, refused


def _settle(
    name: str,
    answer: "Future[dict[str, Any]]",
    done: list[str],
    refused: dict[str, AwsError],
    bar: progress.Progress | None = None,
) -> None:
    try:
        answer.result()
        done.append(name)
    except AwsError as error:
        refused[name] = error
    if bar:
        bar.step()


def _entries(
    lists: Mapping[str, Any],
    client: Any,  # noqa: ANN401 - boto3 makes its clients at run time
    below: Path,
    pool: ThreadPoolExecutor,
    done: list[str],
    refused: dict[str, AwsError],
) -> None:
    """Ask for the entries of each prefix list; its id, which stands in the file's name, is checked."""
    ids = [str(one.get("PrefixListId", "")) for one in lists["PrefixLists"]]
    asked = {
        name: pool.submit(
            _kept, ENTRIES, client, below / f"get-managed-prefix-list-entries-{name}.json", PrefixListId=name
        )
        for name in dict.fromkeys(ids)
        if _PREFIX_LIST.fullmatch(name)
    }
    for name, answer in asked.items():
        _settle(f"{ENTRIES.name} {name}", answer, done, refused)


def _kept(call: Call, client: Any, file: Path, **options: object) -> dict[str, Any]:  # noqa: ANN401
    answer = call.ask(client, **options)
    _write(file, answer)
    return answer


def _write(file: Path, value: Mapping[str, Any]) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(value, out, indent=4, default=_plain)
        out.write("\n")


def _plain(value: object) -> str:
    """Return a time as the AWS CLI prints it."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _told(call: str, error: AwsError) -> dict[str, str]:
    return {"call": call, "code": error.code}


def _account_of(role: str | None) -> str:
    return (role or "").split(":")[4] if (role or "").count(":") > 4 else ""  # noqa: PLR2004 - of an ARN


def _zulu(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
