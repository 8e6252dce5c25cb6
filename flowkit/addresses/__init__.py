"""Facts per distinct address, offline: its kind, inside or outside, AWS service, country and AS, the user's lists."""

from flowkit.addresses.aws_ranges import AwsRanges, ranges, update_ranges
from flowkit.addresses.databases import Database, read_database
from flowkit.addresses.describing import Knowledge, block_of, facts, knowledge, subnet_of
from flowkit.addresses.lists import AddressList, read_list
from flowkit.addresses.tables import RangeTable
from flowkit.addresses.travelled import Travelled, travelled

__all__ = [
    "AddressList",
    "AwsRanges",
    "Database",
    "Knowledge",
    "RangeTable",
    "Travelled",
    "block_of",
    "facts",
    "knowledge",
    "ranges",
    "read_database",
    "read_list",
    "subnet_of",
    "travelled",
    "update_ranges",
]
