"""Documentation pages made from code, as Markdown by path; `pages.all_pages` makes all of them."""
