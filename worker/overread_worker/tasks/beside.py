"""``python -m overread_worker.tasks.beside NAME=ITERATION…``: the ensembles of iterations beside each other.

All are scored on the external films of the first one's project, and choose their operating points on its development
films; projects with the same films may be compared. Prints ``domain.imaging.beside.Beside`` as JSON, with the
difference of each later one from each earlier.
"""

import json
import sys
from dataclasses import asdict
from itertools import combinations

from overread.db.session import Database
from overread.domain.imaging.beside import Beside, Network, beside
from overread.services.stages import get_iteration
from overread.settings import Settings
from overread.storage import BlobStore
from overread_worker.ml.evaluate import gather
from overread_worker.ml.predict import Members
from overread_worker.tasks.label import ensemble_of
from overread_worker.tasks.references import references


def compare(database: Database, blobs: BlobStore, iterations: dict[str, int]) -> Beside:
    """Score the ensembles of these iterations, by name, on the same films; later ones minus earlier ones."""
    with database.transaction() as session:
        rows = {name: get_iteration(session, iteration) for name, iteration in iterations.items()}
        ensembles = {name: ensemble_of(session, row) for name, row in rows.items()}
        project = next(iter(rows.values())).project_id
        films = {split: references(blobs, session, project, split) for split in ("development", "external")}
    networks = {}
    for name, ensemble in ensembles.items():
        members = Members(ensemble.checkpoints(blobs), ensemble.findings, ensemble.recipe)
        networks[name] = Network(*(gather(members, films[split])[-1] for split in ("development", "external")))
    pairs = [(later, earlier) for earlier, later in combinations(networks, 2)]
    return beside(networks, pairs, next(iter(ensembles.values())).findings)


if __name__ == "__main__":
    settings = Settings()
    named = dict(one.split("=") for one in sys.argv[1:])
    blobs = BlobStore.of(settings)
    found = compare(Database(settings.database_url), blobs, {name: int(one) for name, one in named.items()})
    print(json.dumps(asdict(found)))
