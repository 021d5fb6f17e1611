"""The workers: Celery's side in ``app`` and ``tasks``, the learning engine in ``ml``."""

import os

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # it would ask the package index at import
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin make two busy cores several times slower

try:
    import torch
except ModuleNotFoundError as error:
    from backend.domain.errors import MissingDependency

    raise MissingDependency('A worker needs PyTorch: pip install "overread[worker]".') from error

try:
    import torchvision
except RuntimeError as error:
    if "torchvision::nms" not in str(error):
        raise
    # torchvision from PyPI is built for CUDA; beside a CPU torch its operators are not there and the import fails.
    # We use none of them: declare the two it registers for, and import again.
    _library = torch.library.Library("torchvision", "FRAGMENT")
    for _name in ("nms", "qnms"):
        _library.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision  # noqa: F401
