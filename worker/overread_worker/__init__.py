"""The workers: Celery's side in ``app`` and ``tasks``, the learning engine in ``ml``.

PyTorch takes seconds to load and half a gigabyte, so this room only makes sure that it is there: the watcher and the
jobs that do not learn never load it.
"""

import os
from importlib.util import find_spec

from overread.domain.errors import MissingDependency

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # it would ask the package index at import
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin make two busy cores several times slower

if find_spec("torch") is None:
    raise MissingDependency('A worker needs PyTorch: pip install "overread[worker]".')
