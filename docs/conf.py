"""How Sphinx makes the site (`make site`) and the man pages (`make man`); nobody needs a network for either."""

import sys
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "lib"), str(HERE.parent / "plugins")]

from istiokit import __version__  # noqa: E402 - the path comes first
from tests.docs import manuals  # noqa: E402 - the path comes first

project = "istio-migrate"
author = ""
copyright = ""
version = release = __version__
language = "en"
smartquotes = False  # they would make one dash of the two of a flag

extensions = ["myst_parser", "sphinx_external_toc"]
external_toc_path = "_toc.yml"
exclude_patterns = ["_site/**"]

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3  # as GitHub makes them

html_theme = "furo"
html_title = f"istio-migrate {version}"
html_static_path = ["_site"]
html_css_files = ["site.css"]
html_show_sphinx = html_show_copyright = html_copy_source = False
html_theme_options = {"navigation_with_keys": True}

man_pages = [(page.document, page.name, page.description, "", "1") for page in manuals()]
man_show_urls = False


def setup(app: Sphinx) -> None:
    """Called by Sphinx at its start."""
    app.connect("doctree-read", _one_page_each, priority=900)  # after the toctrees were put in
    app.connect("doctree-resolved", _without_links)
    app.connect("build-finished", _name_with_dashes)


def _one_page_each(app: Sphinx, tree: nodes.document) -> None:
    """The man builder puts all pages below a page into it; here each is a man page of its own."""
    if app.builder.name == "man":
        for inside in list(tree.findall(addnodes.toctree)):
            inside.parent.remove(inside)


def _without_links(app: Sphinx, tree: nodes.document, docname: str) -> None:
    """A man page cannot lead to a page of the site: the words stay."""
    if app.builder.name == "man":
        for link in list(tree.findall(nodes.reference)):
            link.replace_self(link.children)


def _name_with_dashes(app: Sphinx, error: Exception | None) -> None:
    """Let `man` find each page by dashes too. No links: the extractor of krew takes none."""
    if app.builder.name != "man" or error is not None:
        return
    for page in manuals():
        alias = app.outdir / f"{page.name.replace('_', '-')}.1"
        alias.write_text(f".so man1/{page.name}.1\n", encoding="utf-8")
