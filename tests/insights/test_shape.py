"""What a query is made of, whatever stands in its strings, expressions and comments."""

import pytest

from flowkit.insights.shape import shape

NEWEST = (("@timestamp", False),)


@pytest.mark.parametrize(
    ("text", "by_record", "limit", "order"),
    [
        ("fields @message", True, None, NEWEST),
        ("FIELDS @message | FILTER a = 1", True, None, NEWEST),
        ("fields @message | sort @timestamp asc", True, None, (("@timestamp", True),)),
        ("fields a | sort a, b desc", True, None, (("a", True), ("b", False))),
        ("fields a | limit 20", False, 20, NEWEST),
        ("fields a | limit any 7", False, 7, NEWEST),
        ("stats count(*) by a | sort a | limit 3", False, 3, (("a", True),)),
        ("fields a | dedup a", False, None, NEWEST),
        ("fields a | sort strlen(a)", False, None, None),
        ("fields @message | filter note = 'a | stats b'", True, None, NEWEST),
        ('fields @message | filter @message like "x | limit 5"', True, None, NEWEST),
        (r'fields @message | filter @message like "\" | limit 5"', True, None, NEWEST),
        ("# | stats count(*)\nfields @message", True, None, NEWEST),
        ("fields a # | stats count(*)\n| filter b", True, None, NEWEST),
        ("fields @message | filter @message like /a | stats b/", True, None, NEWEST),
        ("fields @message | filter @message =~ /a | stats b/i", True, None, NEWEST),
        ("parse @message /x | (?<y>.*)/ | display y", True, None, NEWEST),
        ("fields `a | stats b`", True, None, NEWEST),
        ("fields bytes / 2 | stats sum(bytes) / 2", False, None, NEWEST),
        ("fields a in [1] | join type=left", False, None, NEWEST),
        ("pattern @message", False, None, NEWEST),
        ("fields a ||", True, None, NEWEST),
        ("", True, None, NEWEST),
    ],
)
def test_shape(text, by_record, limit, order):
    found = shape(text)
    assert (found.by_record, found.limit, found.order) == (by_record, limit, order)
