"""The arguments that say which logs to load, of the command line as of ``%flows``."""

import argparse
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from flowkit.athena.scanning import Estimate
    from flowkit.flows import Flows
    from flowkit.planning import Plan
    from flowkit.surveying import Survey

# The rest of flowkit takes a while to import: whoever asks for help does without it.

_PLACES: Final = (
    "files, folders, globs, s3://bucket/prefix, cloudwatch://region/log-group, athena://database/table, or: sample"
)
_NARROW: Final = "keep these records only, such as dstport=443 or interface-id=eni-0a1; may be repeated"


def add_to(parser: argparse.ArgumentParser, *, places: str = "+") -> None:
    """Add the arguments to a parser; *places* says how many places must be named, in argparse's way."""
    parser.add_argument("paths", nargs=places, metavar="PATH", help=_PLACES)
    parser.add_argument("--start", help="keep records that start at or after this time (2026-03-10T08:00Z)")
    parser.add_argument("--end", help="keep records that start before this time")
    parser.add_argument("--log-format", metavar="FORMAT", help="format of headerless lines: '${version} ...'")
    parser.add_argument("--case", metavar="FOLDER", help="keep the loaded records there instead of the cache")
    parser.add_argument("--inventory", metavar="FOLDER", help="answers of `aws ec2 describe-...`, as JSON")
    parser.add_argument("--account", action="append", default=[], help="of S3 this account's; may be repeated")
    parser.add_argument("--region", action="append", default=[], help="of S3 this region's; may be repeated")
    parser.add_argument("--profile", help="a profile of your AWS configuration")
    parser.add_argument("--workgroup", help="of Athena: where queries are run; its limits hold (default: primary)")
    parser.add_argument("--narrow", action="append", default=[], metavar="KEY=VALUE", help=_NARROW)


def load(given: argparse.Namespace) -> "Flows":
    """Load what the arguments name."""
    from flowkit import api

    return api.load(
        _source(given),
        log_format=given.log_format,
        inventory=given.inventory,
        workgroup=given.workgroup,
        **_wanted(given),
    )


def plan(given: argparse.Namespace) -> "Plan | Estimate | Survey":
    """Plan to load what the arguments name."""
    from flowkit import api

    return api.plan(_source(given), **_wanted(given))


def _source(given: argparse.Namespace) -> Any:  # noqa: ANN401 - what the function takes
    return given.paths[0] if len(given.paths) == 1 else given.paths


def _wanted(given: argparse.Namespace) -> dict[str, Any]:
    """Return which records of which logs are wanted; a key of a scope given twice takes either value."""
    options = {name: getattr(given, name) for name in ("start", "end", "case", "account", "region", "profile")}
    scope: dict[str, list[str]] = {}
    for text in given.narrow:
        key, _, value = text.partition("=")
        scope.setdefault(key.strip().replace("-", "_"), []).append(value.strip())
    return options | scope
