"""Reading one object after another: bytes to typed records, every line accounted for."""
