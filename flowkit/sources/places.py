"""What lies where the user points: files and folders, the sample, S3, a log group."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from os import PathLike

from flowkit.aws.connect import Access
from flowkit.errors import SourceError
from flowkit.formats import LogFormat
from flowkit.scope import Scope
from flowkit.sources import LogObject, local, sample

Place = str | PathLike[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which objects of a place are wanted.

    Attributes
    ----------
    start, end
        Records that start in [start, end); objects that cannot hold any are not asked for.
    accounts, regions
        Of which accounts and regions, by the path in S3; any, if none is named.
    scope
        What else the records must be; CloudWatch Logs is asked for no others.
    log_format
        The format of records that do not tell it.
    access
        As whom AWS is asked.
    """

    start: datetime | None = None
    end: datetime | None = None
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    scope: Scope = field(default_factory=Scope)
    log_format: LogFormat | None = None
    access: Access = field(default_factory=Access)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found at some places.

    Attributes
    ----------
    objects
        In their order.
    requests
        Requests to AWS that it takes: those made to find the objects, and those to read them.
    listings
        How many of these are listings of S3, which cost more.
    seconds
        How long AWS's published rates make it take, at least.
    archived
        Objects that must be restored before they can be read.
    notes
        What the analyst has to know of how they were found.
    """

    objects: tuple[LogObject, ...] = ()
    requests: int = 0
    listings: int = 0
    seconds: float = 0.0
    archived: int = 0
    notes: tuple[str, ...] = ()

    def __add__(self, other: "Found") -> "Found":
        """Return what was found at both."""
        return Found(
            (*self.objects, *other.objects),
            self.requests + other.requests,
            self.listings + other.listings,
            self.seconds + other.seconds,
            self.archived + other.archived,
            (*self.notes, *other.notes),
        )


def find(source: Place | Iterable[Place], wanted: Wanted) -> Found:
    """Return the objects that the places of *source* hold.

    Raises
    ------
    SourceError
        If a place does not exist, or holds nothing that could be wanted.
    AwsError
        If AWS refuses to say.
    """
    places = [str(place) for place in ([source] if isinstance(source, (str, PathLike)) else source)]
    if (wanted.accounts or wanted.regions) and not all(place.startswith("s3://") for place in places):
        raise SourceError(
            "account= and region= choose among folders in S3, and not every place given is there. "
            'Leave them out, and narrow what is loaded: flows.narrow(vpc_id="vpc-…").'
        )
    if source == "sample":
        return Found(tuple(sample.objects()))
    if not places:
        raise SourceError("the list of paths is empty: there is nothing to load.")
    paths = [place for place in places if "://" not in place]
    found = Found(tuple(local.objects(paths))) if paths else Found()
    for place in places:
        if "://" in place:
            found += _remote(place, wanted)
    return replace(found, objects=tuple({log.identity: log for log in found.objects}.values()))  # each once


def _remote(place: str, wanted: Wanted) -> Found:
    if place.startswith("s3://"):
        return _in_s3(place, wanted)
    if place.startswith("cloudwatch://"):
        return _in_cloudwatch(place, wanted)
    raise SourceError(
        f"{place} is no place that can be read. Give a file or folder, s3://bucket/prefix or "
        "cloudwatch://region/log-group."
    )


def _in_s3(place: str, wanted: Wanted) -> Found:
    from flowkit.sources import s3

    found = s3.search(
        place, wanted.access, start=wanted.start, end=wanted.end, accounts=wanted.accounts, regions=wanted.regions
    )
    requests = found.requests + len(found.objects)
    return Found(found.objects, requests, found.requests, 0.0, found.archived, found.notes)


def _in_cloudwatch(place: str, wanted: Wanted) -> Found:
    from flowkit.sources import cloudwatch

    found = cloudwatch.search(
        place,
        access=wanted.access,
        start=wanted.start,
        end=wanted.end,
        scope=wanted.scope,
        log_format=wanted.log_format,
    )
    return Found(tuple(found.objects()), found.requests, 0, found.seconds, 0, found.notes)
