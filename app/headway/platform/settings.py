"""The platform's limits and pauses, each with the default that the specs give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from headway.a2a.follow import FollowPolicy
from headway.ledger.records import Retention
from headway.net.addresses import Allowance
from headway.net.asgi import KEEP_ALIVE_SECONDS
from headway.net.backoff import Backoff
from headway.platform.door import BODY_SECONDS
from headway.platform.edge import PublicHost


@dataclass(frozen=True, slots=True)
class Settings:
    """Times are seconds, sizes are bytes unless the name says otherwise."""

    stuck_after: float = 600.0
    """Without a sign of life for this long, a running delegation is stuck (spec: lifecycle)."""
    sweep_every: float = 0.5
    """How often deadlines, expiries and silences are looked at; a stuck one is seen within twice this."""
    idle_timeout: float = 300.0
    """Without a byte on an agent's stream for this long, the agent is asked and the stream resubscribed."""
    cancel_deadline: float = 30.0
    """How long an agent is asked to cancel before the delegation is canceled without its word."""
    cancel_retry: float = 1.0
    """The pause between two requests to cancel, while the agent does not answer."""
    claim_batch: int = 100
    """How many delegations one look at a target claims at most."""
    retry_pause: float = 8.0
    """The pause before the one retry after HTTP 502, 503 with `restarting` or a refused connection, and before the
    first of a queued one's further tries, where it doubles from try to try (spec: platform-api, "Dispatch")."""
    retry_pause_max: float = 300.0
    """What `retry_pause` doubles up to."""
    queue_tries: int = 5
    """Failed deliveries after which a queued delegation is failed, where its workspace heartbeats (spec: requirements
    Q7); one retry is all that others get."""
    busy_pause: float = 1.0
    """How long a target that said it is busy is left alone at the least; longer when it names a longer time."""
    busy_recheck: float = 15.0
    """How long it is left alone at the least while it works on others of ours, whose end is waited for."""
    ask_patience: float = 120.0
    """How long an agent that cannot be reached is asked after a delegation it may still be working on."""
    ask_pause: float = 0.5
    """The first pause between two such questions; it doubles up to `ask_pause_max`."""
    ask_pause_max: float = 15.0
    """What `ask_pause` doubles up to."""
    follow_pause: float = 0.5
    """The first pause between two questions about a running delegation whose agent does not stream, or whose stream was
    lost; it doubles up to `follow_pause_max`."""
    follow_pause_max: float = 10.0
    """What `follow_pause` doubles up to."""
    follow_failures: int = 5
    """How many of these questions may fail in a row before the agent counts as lost; then `ask_patience` holds."""
    follow_settle: float = 5.0
    """How long a stream may go on without a word after a final state that it did not call final."""
    ledger_retry: float = 0.5
    """The pause between two tries of what must be written while the ledger is unavailable."""
    flush_every: float = 0.05
    """Progress is stored at most this often per delegation."""
    flush_characters: int = 16_384
    """Progress of this size is stored without waiting."""
    probe_every: float = 30.0
    """How often the card of an agent that sends no heartbeat is fetched to see whether it is there."""
    offline_after: float = 90.0
    """Without a heartbeat for this long, a workspace that has sent some is offline (spec: platform-api)."""
    heartbeat_write: float = 15.0
    """A heartbeat without news is written this often at most; the others are kept in memory and sent on."""
    discover: Literal["gateway", "direct"] = "gateway"
    """Whether workspaces find each other's gateway or each other's agent (spec: platform-api)."""
    result_inbox_push: bool = False
    """Whether a delegation that ends leaves its result in its source's activity (spec: platform-api, "Dispatch")."""
    keep_alive: float = KEEP_ALIVE_SECONDS
    """Silence on an event stream after which a comment and a BOOKMARK are sent (spec: platform-api)."""
    write_timeout: float = 10.0
    """A reader of the event stream that takes no byte for this long is disconnected."""
    ring_bytes: int = 8 * 1_048_576
    """Encoded events held in memory for readers that lag."""
    body_limit: int = 1_048_576
    """The largest body of a request."""
    body_timeout: float = BODY_SECONDS
    """How long a request's body may take to come."""
    head_timeout: float = 30.0
    """How long a request's head may take to come."""
    evict_every: float = 60.0
    """How often what is beyond `retention` is forgotten."""
    retention: Retention = field(default_factory=Retention)
    """How much the ledger keeps of what has ended."""
    allow: Sequence[Allowance] = ()
    """Addresses beside the public ones that agents may be dialled at (spec: safety, "Network")."""
    push_url: str | None = None
    """Where agents reach this platform, such as `https://headway.example.org`; an agent that does not stream and can
    push is then asked to say when there is news. Without it such agents are asked at intervals (spec: a2a)."""
    public_hosts: Sequence[PublicHost] = ()
    """Names beside its own address that the platform is reached by; a Host of any other is refused (421)."""
    allow_anonymous_loopback: bool = False
    """Requests without a token from this machine do what runtimes do (spec: platform-api, "Auth")."""
    deny_loopback: bool = False
    """Agents on this machine are not dialled even though the platform listens on loopback only."""

    @property
    def follow_policy(self) -> FollowPolicy:
        """How running delegations are followed at their agents."""
        pauses = Backoff(self.follow_pause, self.follow_pause_max)
        return FollowPolicy(pauses, failures_allowed=self.follow_failures, settle=self.follow_settle)
