"""What the service is told by its environment."""

from collections.abc import Mapping
from pathlib import Path

import attrs


@attrs.frozen
class Settings:
    """``secret`` is what Segment signs its calls with, ``crm_secret`` what deliveries are signed with (None: not)."""

    rules: str
    store: str
    secret: bytes
    crm_url: str
    crm_secret: bytes | None = None
    lateness: str = "5m"
    tick_seconds: float = 60.0
    retry_seconds: float = 1.0
    longest_wait_seconds: float = 300.0
    largest_body: int = 2_000_000


def settings_of(environment: Mapping[str, str]) -> Settings:
    """The settings in an environment. Raises ``SystemExit`` with a plain sentence for what is missing or wrong."""
    missing = [name for name in ("MQL_STORE", "MQL_SEGMENT_SECRET", "MQL_CRM_URL") if not environment.get(name)]
    if missing:
        raise SystemExit(f"web_service: set {', '.join(missing)} in the environment; the README says to what")
    if not environment["MQL_CRM_URL"].startswith(("http://", "https://")):
        raise SystemExit("web_service: MQL_CRM_URL is no address; write it as https://crm.example.com/hooks/stages")
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
    )


def _seconds(environment: Mapping[str, str], name: str, otherwise: float) -> float:
    try:
        seconds = float(environment.get(name, otherwise))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e6:
        raise SystemExit(f"web_service: {name} is a number of seconds, and not {environment[name]!r}")
    return seconds
