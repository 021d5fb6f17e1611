"""Telling two views of a film from all other films: the losses and parts of SimCLR and MoCo.

SimCLR (Chen et al., 2020) finds the negatives in the mini-batch, MoCo (He et al., 2020) in a queue that a slowly
following key encoder fills.
"""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

PROJECTED = 128  # numbers in a projected vector, in both papers


class Projected(nn.Module):
    """Films (N, 1, S, S) → unit vectors (N, 128): the encoder's last features, averaged, through a projection head of
    one hidden layer (Chen et al., 2020, section 2.1)."""

    def __init__(self, encoder: nn.Module, features: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Sequential(nn.Linear(features, features), nn.ReLU(), nn.Linear(features, PROJECTED))

    def forward(self, films: Tensor) -> Tensor:
        return F.normalize(self.head(self.encoder(films)[-1].mean(dim=(2, 3))).float(), dim=1)


class Memory(nn.Module):
    """MoCo's key encoder and its queue of ``vectors`` (K, 128), the oldest of which makes room at ``place``."""

    vectors: Tensor
    place: Tensor

    def __init__(self, network: Projected, length: int) -> None:
        super().__init__()
        self.key = deepcopy(network).requires_grad_(False)
        self.register_buffer("vectors", F.normalize(torch.randn(length, PROJECTED), dim=1))
        self.register_buffer("place", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def keys(self, films: Tensor) -> Tensor:
        """Keys (N, 128) of films. They pass in two shuffled halves, so that BatchNorm's statistics do not tell a query
        which batch its key is from (He et al., section 3.3, on one device)."""
        order = torch.randperm(len(films))
        halves = order.chunk(2 if len(films) >= 4 else 1)
        return torch.cat([self.key(films[half.to(films.device)]) for half in halves])[order.argsort().to(films.device)]

    @torch.no_grad()
    def follow(self, network: Projected, momentum: float) -> None:
        """Move the key encoder towards the query's (eq. 2)."""
        for own, new in zip(self.key.parameters(), network.parameters(), strict=True):
            own.lerp_(new, 1 - momentum)

    @torch.no_grad()
    def push(self, keys: Tensor) -> None:
        """Put keys (N, 128) in the place of the oldest; of more than the queue holds, the last ones stay."""
        length = len(self.vectors)
        kept = keys[-length:]
        rows = (self.place + torch.arange(len(kept), device=kept.device)) % length
        self.vectors[rows] = kept.to(self.vectors.dtype)
        self.place.copy_((self.place + len(kept)) % length)


def nt_xent(first: Tensor, second: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """NT-Xent of unit vectors (N, D) of two views (Chen et al., 2020, eq. 1, the mean over all 2N): its scalar loss,
    and the share of views to which their other view is nearer than all else (a tie, as of vectors that have become one,
    is not nearer)."""
    both = torch.cat([first, second])
    alike = (both @ both.T / temperature).fill_diagonal_(-torch.inf)
    other = torch.arange(len(both), device=both.device).roll(len(first))
    return F.cross_entropy(alike, other), _ranked_first(alike, other)


def info_nce(queries: Tensor, keys: Tensor, negatives: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """InfoNCE of unit vectors: queries and their keys (N, D), negatives (K, D) (He et al., 2020, eq. 1): its scalar
    loss, and the share of queries that are nearer to their key than to any negative."""
    own = (queries * keys).sum(dim=1, keepdim=True)
    alike = torch.cat([own, queries @ negatives.T], dim=1) / temperature
    first = torch.zeros(len(alike), dtype=torch.int64, device=alike.device)
    return F.cross_entropy(alike, first), _ranked_first(alike, first)


def _ranked_first(alike: Tensor, right: Tensor) -> Tensor:
    """The share of rows whose right column beats every other one."""
    best = alike.gather(1, right[:, None])
    return (alike.scatter(1, right[:, None], -torch.inf) < best).all(dim=1).float().mean()
