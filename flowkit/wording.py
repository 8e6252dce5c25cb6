"""How counts and sentences are written, alike wherever people read them."""


def several(number: int, one: str, many: str = "") -> str:
    """Return a number with what it counts.

    >>> several(1, "row"), several(1200, "row"), several(2, "query", "queries")
    ('1 row', '1,200 rows', '2 queries')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def sentence(text: str) -> str:
    """Return text that begins with a capital letter and ends with a stop.

    >>> sentence("it works"), sentence("Does it?")
    ('It works.', 'Does it?')
    """
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")
