"""What `convert` was asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """What to convert, what people decide, and where it goes."""

    filenames: tuple[str, ...]
    recursive: bool
    from_cluster: bool
    namespace: str
    bigbang_version: str
    node_ports: str
    """`keep`, `shift` or a number."""
    load_balancer: str
    """One of nlb, alb, service, or empty."""
    external: bool
    """Whether people bring the certificates."""
    output_file: str
    in_place: bool
    drop_old: bool
    verify: bool
    charts: tuple[str, ...]
    yes: bool
    dry_run: bool
    output: str
    no_headers: bool
