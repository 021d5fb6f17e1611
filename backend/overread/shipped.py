"""Where what ships beside the code lies: inside the package of an installation, in the folders of a checkout."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parents[1]


def shipped(packaged: str, in_checkout: str) -> Path:
    """A folder that a wheel carries as ``packaged`` and a checkout has at its root as ``in_checkout``."""
    inside = PACKAGE / packaged
    return inside if inside.is_dir() else CHECKOUT / in_checkout
