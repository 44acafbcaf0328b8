"""
Every time constant, budget and limit of the core, with its unit and its reason.

What a caller may choose has its default here too: the fields of ``WaitOptions``, ``Keller`` and
``ClientConfig`` start from these. A rule number (S, G, V, E, R) names the rule that a value comes from.
"""

from __future__ import annotations

from typing import Final

# What the cluster remembers, in seconds.

STATUS_RETENTION: Final = 180.0
"""For so long a proxy remembers the status of a finished job (V2)."""
STATUS_GAP: Final = STATUS_RETENTION / 2
"""The longest time between two status polls: half of what a proxy remembers, so no end is missed (R2)."""
RETENTION: Final = 3600.0
"""For so long targets show a finished job of most kinds, at least (V3)."""
BRIEF_RETENTION: Final = 60.0
"""The same for the few kinds that they forget sooner (V3)."""

# The deadline and the time-outs, in seconds.

WAIT_TIMEOUT: Final = 300
"""How long a wait may take where the caller does not say (S1)."""
REQUEST_TIMEOUT: Final = 20.0
"""How long one request may take: a proxy itself gives its targets less."""
CONNECT_TIMEOUT: Final = 3.0
"""How long connecting may take: a host that is up accepts within a second or not at all."""
LAST_REQUEST: Final = 3.0
"""How long the request that is sent on the deadline may take: a wait ends by its deadline and this (E4)."""
NO_TIMEOUT: Final = 86_400.0
"""What stands for *no time-out* (0) of a request: a wait bounds its requests by its deadline anyway."""
CLOCK_ROUNDING: Final = 1e-6
"""By how much a moment may be off after large floats were added and subtracted."""

# What an end needs, in seconds.

GRACE: Final = 5.0
"""How long a job may be unknown after the start of the wait: proxies and targets learn of it one by one."""
IDLE_GAP: Final = 2.0
"""How far apart two replies are that confirm idleness, or the loss of a target (S29)."""
FINISHED_GAP: Final = 0.25
"""How far apart two replies are that confirm an end of which no beginning was seen (G11)."""
NUM_CONSECUTIVE_IDLE: Final = 2
"""How many replies in a row have to show a job idle (S3)."""

# Faults.

UNANSWERED: Final = 30.0
"""Seconds to try for, while the cluster has not answered at all."""
OUTAGE: Final = 600.0
"""Seconds for which faults are endured in a wait without a deadline."""
MALFORMED_IN_A_ROW: Final = 5
"""After so many malformed replies in a row the server does not speak this protocol."""
FAULTS_PER_SOURCE: Final = 2
"""After so many faults of one source in a row, the other source is asked in between."""
FIRST_RETRY: Final = 0.2
"""Seconds of back-off after the first fault; it doubles with every further one."""
LAST_RETRY: Final = 5.0
"""Seconds of back-off, at most."""
LONGEST_RETRY: Final = 30.0
"""Seconds between attempts, at most and by any schedule: twenty fit into an outage that is endured."""
RETRY_BUDGET: Final = 10.0
"""Retries that an endpoint is worth; a fault costs one."""
RETRY_REFUND: Final = 0.1
"""Retries that a good answer pays back."""
ATTEMPTS: Final = 5
"""How often an operation of one request is sent, before a fault ends it: 3 s of back-off in all."""

# Pacing.

JITTER: Final = 0.1
"""The part of an interval by which it may stray to either side, so that waits drift apart (R1)."""
SHORTEST_SLEEP: Final = 0.01
"""Seconds; no schedule asks more often."""
LONGEST_SLEEP: Final = 600.0
"""Seconds that an estimate may make a wait sleep at once."""
APPROACH: Final = 0.6
"""The part of an estimated rest that is slept at once: estimates err, mostly by being too long."""
TIGHTEST: Final = 0.25
"""The part of an interval that is left when nearly all targets have finished."""
IDLE_AFTER: Final = 6.0
"""Seconds after its last work before which no target calls a job idle: too early for short intervals."""
KELLER_K: Final = 0.12
"""What trades requests for lateness in Keller's formula; their product hardly depends on it."""
KELLER_FLOOR: Final = 0.05
"""Seconds; the first interval where a proxy is asked."""
KELLER_SNAPSHOT_FLOOR: Final = 0.1
"""Seconds; the first interval where every target is asked."""
KELLER_GROWTH: Final = 0.4
"""The part of the time waited that an interval may have above its floor: early, the formula overshoots."""
KELLER_HORIZON: Final = 86_400.0
"""Seconds; the longest job that the formula reckons with."""
LEARNED_DURATIONS: Final = 1000
"""Past durations that a schedule is learned from, at most: the newest count."""
LEARNED_SHORTEST: Final = 0.01
"""Seconds; a shorter duration counts as this long: no schedule asks more often."""
LEARNED_LONGEST: Final = 1e9
"""Seconds, 32 years; a longer duration counts as this long."""
LEARNED_HORIZON: Final = 10.0
"""How many times as long as the longest past duration a job may get, at least, for Keller's formula."""
LEARNED_REQUESTS: Final = 100.0
"""Requests for an ordinary job, at least: beside them, the three that no schedule can save weigh little."""
LEARNED_FINEST: Final = 0.25
"""The part of Keller's ``k`` that is left where jobs are so short that they would get fewer."""
LEARNED_DOUBT: Final = 0.5
"""Past jobs that the thought weighs as much as, that the next one is unlike them all."""
LEARNED_LEAST_DOUBT: Final = 0.005
"""The weight of that thought, at least, however many jobs there were."""
LEARNED_BLUR: Final = 2.0
"""By how much, in logarithms, a single duration may be off; it falls with the number of durations."""
LEARNED_REACH: Final = 7.0
"""The same, as a multiple of the distance to the nearest quarter of the durations; it falls with its root."""
LEARNED_KNOTS: Final = 24
"""Durations at which a learned schedule is computed, and steps up to the longest: 98 moments in all."""
UNKNOWN_JOB_DELAY: Final = 3.0
"""Seconds that known jobs of a group are asked ahead of an unknown one: proxies take 2 s over that (V4)."""

# Sizes.

TEXT_LIMIT: Final = 1000
"""Characters of one text that are kept."""
NAME_LIMIT: Final = 100
"""Characters of a name in a log line, and of an unknown kind that are looked at."""
WORDS_LIMIT: Final = 200
"""Characters of a transport's own words, and bytes of a foreign page, that are kept."""
SHOWN_VALUE: Final = 40
"""Characters of a wrong value that an error shows."""
NAMED_TARGETS: Final = 3
"""Targets that a one-line description names of each state."""
BODY_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of a body that are taken: 5,000 targets with every snapshot whole are under 5 MiB."""
POOL_SIZE: Final = 10
"""Connections that a client keeps open."""
SAVED_ENDPOINTS: Final = 10_000
"""Endpoints of a saved wait, at most: a file must not make its reader fill the memory."""
REMEMBERED_STATUSES: Final = 256
"""Statuses whose reading is remembered: a running job is told about in the same words every time."""
REMEMBERED_STATUS: Final = 512
"""Bytes of a status that is worth remembering."""
REMEMBERED_SNAPSHOTS: Final = 16_384
"""Snapshots, and times, whose reading is remembered: a running job says the same in every reply."""
TRANSCRIPT_LIMIT: Final = 256 * 1024 * 1024
"""Bytes of a transcript: no more are written, and no more are read."""
INLINE_TRANSCRIPT: Final = 20_000
"""Characters of a transcript up to which it becomes a part of its test; a longer one stays in its file."""
ERROR_LIMIT: Final = 300
"""Characters of an error about a transcript: one line that names file and line."""
SUBJECT_LIMIT: Final = 60
"""Characters of a job's name in the docstring of a test that is made of its transcript."""
SHORTEST_SECRET: Final = 4
"""Characters of the shortest known secret that is searched for: masking a shorter one tells it."""
PACKED_JSON: Final = 8
"""How often JSON may be packed into a text of JSON, and that into another, before all of it is masked."""
