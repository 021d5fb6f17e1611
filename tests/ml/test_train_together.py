"""One network trained by two processes."""

import os
import subprocess
import sys
from pathlib import Path

from overread_worker.ml.checkpoint import load_network
from tests.ml.films import blobs

SCRIPT = """
import sys
from pathlib import Path
from dataclasses import replace
from tests.ml.films import FINDINGS, TINY, data_of
from overread_worker.ml.train import train
folder = Path(sys.argv[1])
train(replace(TINY, epochs=2), data_of(folder), FINDINGS, folder / "run", lambda report: None, processes=2)
"""


def test_two_processes_train_one_network_together(tmp_path: Path) -> None:
    blobs(tmp_path, 12, 0)
    script = tmp_path / "two.py"
    script.write_text(SCRIPT)
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    places = os.pathsep.join(str(root / name) for name in ("backend", "worker", ""))
    environment = os.environ | {"PYTHONPATH": places, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([*command, str(script), str(tmp_path)], env=environment, capture_output=True, text=True,
                          timeout=240, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert load_network(tmp_path / "run" / "checkpoint.safetensors")[1].epochs == 2
