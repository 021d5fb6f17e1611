"""segmentation-models-pytorch, loaded when a recipe names one of its encoders: it takes three seconds, a job apart."""

import torch

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

from segmentation_models_pytorch import Unet

__all__ = ["Unet"]
