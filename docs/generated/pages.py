"""All pages made from code, by their paths."""

from generated import commands, detectors, failures, fields, interface, notebooks, playbooks, training

__all__ = ["all_pages"]

_MAKERS = (notebooks, training, playbooks, detectors, interface, commands, fields, failures)


def all_pages() -> dict[str, str]:
    """Return the Markdown of each generated page, in the order in which the navigation has them."""
    return {path: text for maker in _MAKERS for path, text in maker.pages().items()}
