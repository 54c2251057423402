"""Where the files that Headway ships beside its code are found."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parent


def styles_folder() -> Path:
    """The folder of Textual CSS files: inside the package when installed from a wheel, else in the source tree.

    Raises FileNotFoundError when neither is there, which means that the installation is damaged.
    """
    shipped, beside_the_source = PACKAGE / "styles", PACKAGE.parent.parent / "styles"
    if shipped.is_dir():
        return shipped
    if PACKAGE.parent.name == "app" and beside_the_source.is_dir():
        return beside_the_source
    raise FileNotFoundError(
        f"Headway's styles are missing from {PACKAGE}. Nothing was started. Install headway again, or, in a source "
        "tree, bring back the folder styles/."
    )
