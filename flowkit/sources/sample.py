"""The sample that ships with flowkit: six hours of a small three-tier VPC."""

from dataclasses import replace
from pathlib import Path

from flowkit.sources import LogObject, local


def folder() -> Path:
    """Return the folder of the sample: ``flow-logs/`` as S3 delivers them, ``snapshot/`` of EC2."""
    return Path(__file__).parents[1] / "sample"


def objects() -> list[LogObject]:
    """Return the sample's flow log files, named as S3 would name them."""
    logs = folder() / "flow-logs"
    return [replace(log, name=Path(log.name).relative_to(logs).as_posix()) for log in local.objects([logs])]
