"""What a launch must know of a network without building it: how large it is, so that the service can refuse a student
smaller than its teacher, and how few films it can learn from at a time.

Counts of segmentation-models-pytorch's U-Net with one input channel and the presence head, for no finding, plus what
each finding adds; a test builds the networks and compares.
"""

# Encoder: (parameters for no finding, parameters each finding adds).
STEMS: dict[str, tuple[int, int]] = {
    "resnet18": (14_321_792, 658),
    "resnet34": (24_429_952, 658),
    "resnet50": (32_514_688, 2_194),
    "tu-mobilenetv3_small_050": (2_197_824, 434),
    "tu-tf_efficientnet_lite0": (5_197_440, 466),
    "tu-tf_efficientnet_lite1": (5_962_112, 466),
    "tu-tf_efficientnet_lite2": (6_697_920, 498),
    "efficientnet-b0": (6_250_748, 466),
    "efficientnet-b1": (8_756_384, 466),
    "efficientnet-b2": (10_045_570, 498),
    "efficientnet-b3": (13_158_168, 530),
    "efficientnet-b4": (20_224_680, 594),
    "efficientnet-b5": (31_214_992, 658),
    "efficientnet-b6": (43_824_040, 722),
    "efficientnet-b7": (67_094_032, 786),
}


def least_films(network: str) -> int:
    """How many films a network must meet together to learn from them: 2 where it normalises over the mini-batch, as
    the decoder of every encoder does (BatchNorm), 1 for the small U-Net, which does so over groups of channels."""
    return 1 if network == "small-unet" else 2


def parameter_count(network: str, width: int, findings: int) -> int | None:
    """Parameters of a network for this many findings; None for one that is not in the table."""
    if network == "small-unet":
        return _small_unet(width, findings)
    if network not in STEMS:
        return None
    body, each = STEMS[network]
    return body + each * findings


def _small_unet(width: int, findings: int) -> int:
    w = (width, width * 2, width * 4, width * 4)
    pairs = ((w[0], w[0]), (w[0], w[1]), (w[1], w[2]), (w[2], w[3]))
    ups = ((w[3] + w[2], w[2]), (w[2] + w[1], w[1]), (w[1] + w[0], w[0]))
    blocks = sum(9 * a * b + 9 * b * b + 4 * b for a, b in (*pairs, *ups))
    return 26 * w[0] + blocks + findings * (w[0] + 1) + findings * (2 * w[3] + 1)
