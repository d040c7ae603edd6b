"""Flux: HelmReleases and what is around them; how they stand, reconciling them, who owns what."""
