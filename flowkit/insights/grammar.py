"""The grammar of the CloudWatch Logs Insights query language, for lark's LALR parser.

Source: "CloudWatch Logs Insights language query syntax", Amazon CloudWatch Logs User Guide.
"""

from typing import Final

GRAMMAR: Final = r"""
query: command ("|" command)*

?command: fields | display | filter | parse | stats | sort | limit | dedup

fields: _FIELDS item ("," item)*
display: _DISPLAY item ("," item)*
filter: _FILTER condition
parse: _PARSE [name] (REGEX | text _AS name ("," name)*)
stats: _STATS measures [_BY by]
measures: item ("," item)*
by: item ("," item)*
sort: _SORT key ("," key)*
key: sum (ASC | DESC)?
limit: _LIMIT [ANY] WHOLE
dedup: _DEDUP name ("," name)*

item: condition [_AS name]

?condition: any_of
?any_of: all_of
       | all_of (_OR all_of)+ -> any_of
?all_of: negation
       | negation (_AND negation)+ -> all_of
?negation: NOT negation -> negated
         | comparison
?comparison: sum
           | sum COMPARISON sum -> compared
           | sum [NOT] _LIKE (text | REGEX) -> like
           | sum _MATCHES (text | REGEX) -> matches
           | sum [NOT] _IN "[" condition ("," condition)* "]" -> member
?sum: product
    | sum SIGN product -> arithmetic
?product: unary
        | product TIMES unary -> arithmetic
?unary: SIGN unary -> signed
      | power
?power: atom
      | atom POWER unary -> arithmetic
?atom: "(" condition ")" -> inside
     | text
     | WHOLE -> whole
     | DECIMAL -> decimal
     | PERIOD -> period
     | NAME "(" [STAR | condition ("," condition)*] ")" -> call
     | name
text: STRING
name: NAME | QUOTED

_FIELDS: /fields(?![\w@.])/i
_DISPLAY: /display(?![\w@.])/i
_FILTER: /filter(?![\w@.])/i
_PARSE: /parse(?![\w@.])/i
_STATS: /stats(?![\w@.])/i
_SORT: /(sort|order\s+by)(?![\w@.])/i
_LIMIT: /limit(?![\w@.])/i
_DEDUP: /dedup(?![\w@.])/i
_AS.2: /as(?![\w@.])/i
_BY.2: /by(?![\w@.])/i
_AND.2: /and(?![\w@.])/i
_OR.2: /or(?![\w@.])/i
NOT.2: /not(?![\w@.])/i
_IN.2: /in(?![\w@.])/i
_LIKE.2: /like(?![\w@.])/i
ANY.2: /any(?![\w@.])/i
ASC.2: /asc(?![\w@.])/i
DESC.2: /desc(?![\w@.])/i
_MATCHES.3: "=~"
COMPARISON: "!=" | "<=" | ">=" | "=" | "<" | ">"
SIGN: "+" | "-"
STAR: "*"
TIMES: "*" | "/" | "%"
POWER: "^"
PERIOD.3: /\d+(milliseconds?|msecs?|ms|months?|mons?|mos?|minutes?|mins?|seconds?|secs?|hours?|hrs?|days?|weeks?|quarters?|qtrs?|years?|yrs?|[smhdwqy])(?![\w@.])/i
DECIMAL.2: /(\d+\.\d*|\.\d+)([eE][+-]?\d+)?(?![\w@.])|\d+[eE][+-]?\d+(?![\w@.])/
WHOLE: /\d+(?![\w@.])/
NAME: /[^\W\d][\w.]*|@[\w.@]+/
QUOTED: /`[^`\n]+`/
STRING: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/s
REGEX: /\/(\\.|[^\/\\\n])+\//
COMMENT: /#[^\n]*/

%ignore COMMENT
%ignore /\s+/
"""  # noqa: E501 - a regular expression

UNITS: Final = {
    "millisecond": ("ms", "msec"),
    "second": ("s", "sec"),
    "minute": ("m", "min"),
    "hour": ("h", "hr"),
    "day": ("d",),
    "week": ("w",),
    "month": ("mo", "mon"),
    "quarter": ("q", "qtr"),
    "year": ("y", "yr"),
}
"""The units of time by their names, with AWS's abbreviations; longer ones may be plural."""

COMMANDS: Final = ("fields", "display", "filter", "parse", "stats", "sort", "limit", "dedup")

ELSEWHERE: Final = {
    "addtotals": "sum the column in pandas: frame.sum(numeric_only=True)",
    "anomaly": "fk.analysis has first_seen, beacons and floods for what is unusual",
    "diff": "run the query for each of the two windows: flows.narrow(start=…, end=…).insights(…)",
    "filterindex": "use filter; here every record is read anyway",
    "join": "use flows.sql, which joins",
    "lookup": "flows.sql joins tables, and fk.enriched labels addresses",
    "pattern": "count what varies with stats … by; a flow log record has no patterns of words",
    "source": "load the log group's records with fk.load, then run the query without SOURCE",
    "unmask": "nothing is masked here; leave it out",
    "unnest": "a flow log record has no lists; leave it out",
    "head": "use limit, which replaced it",
    "tail": "use sort and limit, which replaced it",
    "where": "the command is filter",
    "select": "this is SQL: use flows.sql, or the command fields",
    "eval": "the command is fields, as in: fields bytes / packets as size",
    "extend": "the command is fields, as in: fields bytes / packets as size",
    "take": "the command is limit",
    "top": "use stats, sort and limit",
}
"""What CloudWatch has and this does not, or other languages have, and what to do instead."""
