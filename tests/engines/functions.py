"""Which functions Athena and Trino have, of those that flowkit's questions need, and how they are found in SQL."""

from itertools import pairwise

from sqlglot import parse_one, tokenize
from sqlglot.tokens import TokenType

# Trino documentation, "List of functions and operators"; Athena, engine version 3, has them by "Functions in Amazon
# Athena" (Athena User Guide), which refers to Trino's list. Only what both have stands here.
AGGREGATES = (
    "any_value", "approx_distinct", "arbitrary", "array_agg", "avg", "bitwise_or_agg", "bool_and", "bool_or", "count",
    "max", "max_by", "min", "min_by", "stddev_samp", "sum",
)  # fmt: skip
WINDOWS = ("dense_rank", "first_value", "lag", "last_value", "lead", "rank", "row_number")
NUMBERS = (
    "abs", "bitwise_and", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift", "ceil", "floor", "greatest",
    "least", "ln", "log", "log10", "mod", "power", "round", "sign", "sqrt",
)  # fmt: skip
TEXTS = (
    "concat", "length", "lower", "lpad", "regexp_like", "repeat", "replace", "reverse", "split", "starts_with",
    "strpos", "substr", "trim", "upper",
)  # fmt: skip
TIMES = ("date_trunc", "from_iso8601_timestamp", "from_unixtime", "to_unixtime")
ARRAYS = ("array_join", "array_sort", "cardinality", "element_at", "sequence")
CONDITIONS = ("cast", "coalesce", "if", "nullif", "try_cast")
HAVE = {*AGGREGATES, *WINDOWS, *NUMBERS, *TEXTS, *TIMES, *ARRAYS, *CONDITIONS}
GRAMMAR = {
    "and", "as", "distinct", "exists", "filter", "from", "in", "join", "not", "on", "or", "order by", "over", "row",
    "select", "then", "unnest", "values", "when", "where", "else", "by", "using", "decimal", "timestamp", "varchar",
    "union all", "union", "case", "interval", "between", "with", "group by", "partition by", "having", "is", "limit",
}  # fmt: skip
"""Words of SQL, and types, that a bracket may follow."""


def called(sql, dialect):
    """Return the functions that SQL calls, by name, once it was parsed as a whole."""
    parse_one(sql, read=dialect)
    tokens = list(tokenize(sql, read=dialect))
    quoted = (TokenType.IDENTIFIER, TokenType.STRING)
    before = [one for one, after in pairwise(tokens) if after.token_type == TokenType.L_PAREN]
    names = {token.text.lower() for token in before if token.token_type not in quoted}
    return {name for name in names if name[0].isalpha()} - GRAMMAR
