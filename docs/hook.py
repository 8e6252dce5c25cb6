"""What mkdocs calls: adds the pages made from code, and refuses a site that would ask another server for anything."""

from pathlib import Path
from typing import Any

from generated import foreign, pages
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

_PAGES = pages.all_pages()


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put pages where an entry of the navigation has a ``*``: all that match it, none perhaps."""
    written = sorted(path.relative_to(config.docs_dir).as_posix() for path in Path(config.docs_dir).rglob("*.md"))
    config.nav = _expanded(config.nav, [*written, *_PAGES])
    return config


def _expanded(entries: list[Any], pages: list[str]) -> list[Any]:
    found: list[Any] = []
    for entry in entries:
        if isinstance(entry, str):
            found += _matching(entry, pages) if "*" in entry else [entry]
        else:
            found += [{title: _below(part, pages) for title, part in entry.items()}]
    return found


def _below(part: Any, pages: list[str]) -> Any:  # noqa: ANN401 - a page, or a list of entries
    if isinstance(part, list):
        return _expanded(part, pages)
    return _matching(part, pages) if "*" in part else part


def _matching(pattern: str, pages: list[str]) -> list[str]:
    return [path for path in pages if Path(path).match(pattern) and Path(path).stem != "index"]


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for path, text in _PAGES.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_post_build(*, config: MkDocsConfig) -> None:
    """Write the search index as a script, too, which pages opened from a disk can load; look through what was built.

    Raises
    ------
    PluginError
        If a page would load anything from another server.
    """
    index = Path(config.site_dir, "search", "search_index.json")
    index.with_suffix(".js").write_text(f"var __index = {index.read_text(encoding='utf-8')}", encoding="utf-8")
    found = list(foreign.loads(Path(config.site_dir)))
    if found:
        raise PluginError("these pages ask another server:\n" + "\n".join(f"{page}: {what}" for page, what in found))
