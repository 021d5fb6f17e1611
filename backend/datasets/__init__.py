"""Readers: one file a public format. Each yields entries and refusals; nothing here knows the database."""

from backend.datasets.chestxdet import read_chestxdet
from backend.datasets.folder import read_folder
from backend.datasets.phantom import read_phantom
from backend.datasets.reading import Reader
from backend.datasets.siim import read_siim

READERS: dict[str, Reader] = {
    "phantom": read_phantom,
    "folder": read_folder,
    "chestxdet": read_chestxdet,
    "siim": read_siim,
}
