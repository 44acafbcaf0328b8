"""
THE RULES of a wait: pure functions of a state, an observation and a moment. This is how they work.

A **state** (``state``) is all that a wait knows. One part never changes: the question, with its deadline and
its options. The other part is ten fields: the job, its kind, the phase, two moments, the pending request, the
number of polls, the views of the targets, what is known of the job as a whole, and how asking has gone.

An **observation** is one answer after ``wire`` has read it, or a fault. ``classify`` folds it into the state
and says by one **signal** what it means: busy, quiet, ended, not known here, cannot ask. It asks ``evidence``
what the views of all targets amount to, and ``faults`` what a fault means.

The **table** (``table``) has a row for each phase. Phase and signal give the next phase; a pair that the
table lacks cannot happen. ``step`` looks it up, and nothing else decides:

* the next phase is not the last one: ``plan`` chooses the next request, ``sources`` which source can know
  the job, ``pacing`` when to ask;
* it is the last one: ``outcome`` makes the result, or the error;
* nothing may be sent any more, because of the deadline: ``outcome`` makes the ``Timeout``.

Every decision has a reason, and every sentence that is printed stands in ``messages``.

**What makes an end.** One abort on one target ends a wait at once. A success needs every target that was ever
seen with the job: all finished, or all finished or idle where the kind idles. Idleness is seen twice, at
least two seconds apart; an end whose beginning nobody saw is seen twice too. A status that says *over* is
half the evidence: the targets are asked for the other half, since only one proxy knows the errors. A target
that was at work and is missing from two good replies is lost. A fault is never an end: it says that nobody
can be asked, not that the job failed.

Each file imports only files that stand before it in this list:

    state      what a wait knows, and the nouns: phases, signals, sources
    sources    which sources can know a job
    evidence   snapshots to views, and what the views amount to
    progress   how far a job is, and whether it moves
    faults     what a fault means, and what it costs
    pacing     when to ask next
    messages   every sentence that is printed
    classify   an observation to a signal
    plan       the next request
    outcome    the result of an end, or its error
    table      the moves, and ``step``
    settings   a schedule as a document, and back
    saving     a wait as JSON, and back

To follow one poll through them, see ``docs/architecture.md``.
"""
