"""The settings of the service, from environment variables."""

from collections.abc import Mapping
from pathlib import Path

import attrs


@attrs.frozen
class Settings:
    """``secret`` signs Segment's calls, ``crm_secret`` signs deliveries (None: they aren't signed).

    What may hold a password or a token stays out of the ``repr``.
    """

    rules: str
    store: str = attrs.field(repr=False)
    secret: bytes = attrs.field(repr=False)
    crm_url: str = attrs.field(repr=False)
    crm_secret: bytes | None = attrs.field(default=None, repr=False)
    lateness: str = "5m"
    tick_seconds: float = 60.0
    retry_seconds: float = 1.0
    longest_wait_seconds: float = 300.0
    lease_seconds: float = 60.0
    largest_body: int = 2_000_000


def settings_of(environment: Mapping[str, str]) -> Settings:
    """The settings in an environment. Raises ``SystemExit`` with one sentence for what is missing or wrong."""
    missing = [name for name in ("MQL_STORE", "MQL_SEGMENT_SECRET", "MQL_CRM_URL") if not environment.get(name)]
    if missing:
        raise SystemExit(f"web_service: set {', '.join(missing)} in the environment; the README explains them")
    if not environment["MQL_CRM_URL"].startswith(("http://", "https://")):
        raise SystemExit("web_service: MQL_CRM_URL is not a valid URL; use https://crm.example.com/hooks/stages")
    crm_secret = environment.get("MQL_CRM_SECRET")
    return Settings(
        rules=environment.get("MQL_RULES") or str(Path(__file__).parent / "rules"),
        store=environment["MQL_STORE"],
        secret=environment["MQL_SEGMENT_SECRET"].encode(),
        crm_url=environment["MQL_CRM_URL"],
        crm_secret=crm_secret.encode() if crm_secret else None,
        lateness=environment.get("MQL_LATENESS", "5m"),
        tick_seconds=_seconds(environment, "MQL_TICK_SECONDS", 60.0),
        retry_seconds=_seconds(environment, "MQL_RETRY_SECONDS", 1.0),
        lease_seconds=_seconds(environment, "MQL_LEASE_SECONDS", 60.0),
    )


def _seconds(environment: Mapping[str, str], name: str, default: float) -> float:
    try:
        seconds = float(environment.get(name, default))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e6:
        raise SystemExit(f"web_service: {name} must be a number of seconds, got {environment[name]!r}")
    return seconds
