"""The kinds of job: every row against the server's own table, and the ways to look one up."""

from __future__ import annotations

from typing import Final

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore import KINDS, Kind, kinds, resolve_kind
from ais_jobcore.kinds import (
    Scope,
    Strategy,
    _read_row,
    find_kind,
    is_download_id,
    kind_of_id,
    later_rebalance,
    named_kind,
    rebalance_number,
    require_waitable,
)
from ais_jobcore.limits import STATUS_RETENTION

# The server's table, as read from it: kind, display name (`=` for the same), scope, whether the start
# request takes it, whether it idles, whether the proxies keep a status of their own accord,
# whether a rebalance aborts it, id prefixes, and whether it can be waited for at all.
TABLE: Final = """
election           | elect-primary       | cluster    |     |      | none          |     |             | no
rebalance          | =                   | cluster    | yes |      | term          |     | g           | yes
etl-inline         | =                   | cluster    |     |      | term          | yes | etl-        | yes
lru                | lru-eviction        | bucket/all | yes |      | term          |     |             | yes
cleanup-store      | cleanup             | bucket/all | yes |      | term          |     |             | yes
summary-bck        | summary             | bucket/all |     |      | none          |     |             | no
summary-shard      | shard-summary       | bucket     |     |      | none          |     |             | no
resilver           | =                   | 1 target   | yes |      | none          |     |             | yes
rechunk            | =                   | bucket     | yes |      | term          | yes |             | yes
index-shard        | shard-index         | bucket     |     |      | term          |     |             | yes
ec-get             | =                   | bucket     |     | yes  | none          |     |             | yes
ec-put             | =                   | bucket     |     | yes  | none          |     |             | yes
ec-resp            | =                   | bucket     |     | yes  | none          |     |             | yes
put-copies         | =                   | bucket     |     | yes  | none          |     |             | yes
archive            | =                   | bucket     |     | yes  | none          |     |             | yes
copy-listrange     | copy-objects        | bucket     |     | yes  | none          | yes | tco-        | yes
etl-listrange      | etl-objects         | bucket     |     | yes  | none          | yes | tco-        | yes
blob-download      | =                   | bucket     | yes |      | none          | yes |             | yes
download           | =                   | cluster    |     | yes  | term+progress | yes | dnl-        | yes
dsort              | =                   | bucket     |     |      | none          | yes | srt-        | yes
promote            | promote-files       | bucket     |     |      | term          |     |             | yes
evict-listrange    | evict-objects       | bucket     |     |      | term          |     |             | yes
evict-remote-bck   | evict-remote-bucket | bucket     |     |      | none          |     | kpmd- rmmd- | yes
delete-listrange   | delete-objects      | bucket     |     |      | term          |     |             | yes
prefetch-listrange | prefetch-objects    | bucket     | yes |      | term          |     |             | yes
ec-encode          | ec-bucket           | bucket     | yes |      | term          | yes |             | yes
make-n-copies      | mirror              | bucket     | yes |      | term          |     |             | yes
move-bck           | rename-bucket       | bucket     |     |      | term          | yes |             | yes
copy-bck           | copy-bucket         | bucket     |     |      | term          | yes |             | yes
etl-bck            | etl-bucket          | bucket     |     |      | term          | yes |             | yes
list               | =                   | bucket     |     | yes  | none          |     |             | yes
get-batch          | =                   | bucket/all |     | yes  | none          | yes | gbt-        | yes
create-inventory   | =                   | bucket     |     |      | term          | yes | inv-        | yes
load-lom-cache     | warm-up-metadata    | bucket     | yes |      | none          |     |             | yes
"""
ROWS: Final = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()]

SCOPES: Final = {
    "cluster": Scope.CLUSTER,
    "bucket": Scope.BUCKET,
    "bucket/all": Scope.BUCKET_OR_ALL,
    "1 target": Scope.TARGET,
}
ONE_TARGET: Final = {"resilver", "blob-download"}
REMEMBERED_A_MINUTE: Final = {"list", "get-batch"}


def expected_kind(row: list[str]) -> Kind:
    """Make the kind that a row of the server's table describes."""
    name, display, scope, start, idles, status, rebalance, prefixes, waitable = row
    if waitable == "no":
        strategy = Strategy.NONE
    elif idles == "yes":
        strategy = Strategy.IDLE
    else:
        strategy = Strategy.STATUS if status == "term" else Strategy.FINISHED
    return Kind(
        name,
        display=name if display == "=" else display,
        strategy=strategy,
        scope=SCOPES[scope],
        prefixes=tuple(prefixes.split()),
        startable=start == "yes",
        aborted_by_rebalance=rebalance == "yes",
        single_target=name in ONE_TARGET,
        retention=60.0 if name in REMEMBERED_A_MINUTE else 3600.0,
    )


def test_the_kinds_are_the_servers() -> None:
    """There are 34 kinds, in the order of the server's table."""
    assert [row[0] for row in ROWS] == list(KINDS)
    assert len(KINDS) == 34


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_row_is_the_servers(row: list[str]) -> None:
    """Name, display name, strategy, scope, marks, prefixes and retention agree with the server's table."""
    assert expected_kind(row) == KINDS[row[0]]


def test_how_many_kinds_are_waited_for_in_which_way() -> None:
    """16 kinds have a status, 10 idle, 5 end without a status, and 3 are not to be waited for here."""
    counted = [kind.strategy for kind in KINDS.values()]
    assert {
        Strategy.STATUS: 16,
        Strategy.IDLE: 10,
        Strategy.FINISHED: 5,
        Strategy.NONE: 3,
    } == {strategy: counted.count(strategy) for strategy in Strategy}


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_kind_says_what_its_strategy_means(kind: Kind) -> None:
    """A kind has a status iff that is its strategy, and is waitable unless it has none."""
    assert kind.has_status is (kind.strategy is Strategy.STATUS)
    assert kind.waitable is (kind.name not in {"election", "summary-bck", "summary-shard"})


def test_a_status_is_remembered_for_three_minutes() -> None:
    """That is how long a proxy knows a job that has finished, whatever its kind (V2)."""
    assert STATUS_RETENTION == 180.0


def test_a_kind_is_made_by_keywords() -> None:
    """Past its name, nothing about a kind is told by position."""
    with pytest.raises(TypeError):
        Kind("lru", "lru-eviction", Strategy.STATUS, Scope.BUCKET)
    with pytest.raises(TypeError):
        Kind("lru", display="lru-eviction", strategy=Strategy.STATUS)


def test_the_table_cannot_be_changed() -> None:
    """Neither the table nor a kind can be written to."""
    with pytest.raises(TypeError):
        KINDS["lru"] = KINDS["list"]
    with pytest.raises(FrozenInstanceError):
        KINDS["lru"].display = "other"


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_kind_is_found_by_either_of_its_names(kind: Kind) -> None:
    """A name and a display name lead to the kind, whoever looks (S14, V14)."""
    for look_up in (find_kind, named_kind, resolve_kind):
        assert look_up(kind.name) is kind
        assert look_up(kind.display) is kind


def test_no_display_name_is_the_name_of_another_kind() -> None:
    """Both sorts of names together are unambiguous."""
    names = [name for kind in KINDS.values() for name in {kind.name, kind.display}]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("job_id", "name"),
    [
        ("g0", "rebalance"),
        ("g17", "rebalance"),
        ("g" + "9" * 19, "rebalance"),
        ("tco-FtFCbjybdd", "copy-listrange"),
        ("dnl-Z1xME2sPxv", "download"),
        ("etl-inline-7", "etl-inline"),
        ("srt-abc", "dsort"),
        ("kpmd-abc", "evict-remote-bck"),
        ("rmmd-abc", "evict-remote-bck"),
        ("gbt-abc", "get-batch"),
        ("inv-abc", "create-inventory"),
    ],
)
def test_an_id_may_give_its_kind_away(job_id: str, name: str) -> None:
    """The prefixes of ids tell the kind, and so does the `g<N>` of a rebalance."""
    assert KINDS[name] is kind_of_id(job_id)
    assert KINDS[name] is resolve_kind(job_id)


@pytest.mark.parametrize(
    "job_id",
    [
        "",
        "g",
        "g1x",
        "G1",
        "xg1",
        "g-1",
        "g1\n",
        "g1 ",
        "g\u0661",
        "g" + "9" * 20,
        "tco",
        "TCO-a",
        "atco-b",
        "lru",
        "x3CgTG-3v",
    ],
)
def test_other_ids_tell_nothing(job_id: str) -> None:
    """An id without a known prefix, or with something like one, tells no kind."""
    assert kind_of_id(job_id) is None


@pytest.mark.parametrize("name", ["etl-bck", "etl-listrange", "etl-bucket", "etl-objects"])
def test_a_name_that_begins_like_an_id_is_a_name(name: str) -> None:
    """`etl-bck` is a kind and not an id of `etl-inline`."""
    assert find_kind(name) is resolve_kind(name)


def test_the_number_of_a_rebalance_is_in_its_id() -> None:
    """`g17` is the 17th rebalance; no other id has a number."""
    assert rebalance_number("g17") == 17
    assert rebalance_number("g0") == 0
    assert rebalance_number("x3CgTG-3v") is None


@pytest.mark.parametrize(
    ("finished", "expected"),
    [
        ((), ""),
        (("g17",), ""),
        (("g3", "g16"), ""),
        (("g20", "g18", "g3"), "g18"),
        (("x3CgTG-3v", "g18"), "g18"),
        (("g100", "g99"), "g99"),
    ],
)
def test_the_next_rebalance_takes_the_place_of_one(finished: tuple[str, ...], expected: str) -> None:
    """It is the next by its number, of those that finished; other jobs do not count (G21)."""
    assert expected == later_rebalance("g17", finished)
    assert "" == later_rebalance("x3CgTG-3v", finished)


@pytest.mark.parametrize("digits", [20, 4_300, 5_000, 100_000])
def test_a_number_that_no_server_counts_to_is_no_rebalance(digits: int) -> None:
    """An id from a reply cannot make the reader fail by its length."""
    assert rebalance_number("g" + "9" * digits) is None


def test_ids_of_downloads_are_told_by_their_prefix() -> None:
    """Targets know a `dnl-` job under another id (V16)."""
    assert is_download_id("dnl-Z1xME2sPxv")
    assert not is_download_id("Z1xME2sPxv")
    assert not is_download_id("xdnl-a")


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("copy-bkc", "copy-bck"),
        ("rebalanse", "rebalance"),
        ("copy-object", "copy-objects"),
        ("LRU-eviction", "lru-eviction"),
    ],
)
def test_an_unknown_kind_is_an_error_with_the_nearest_names(text: str, near: str) -> None:
    """A misspelt kind is a `ValueError` that says what was given and what may have been meant."""
    with pytest.raises(ValueError, match=rf"^unknown kind of job '{text}': did you mean .*\b{near}\b.*\?$"):
        resolve_kind(text)
    with pytest.raises(ValueError, match=near):
        named_kind(text)


def test_at_most_three_names_are_suggested() -> None:
    """The nearest names come first; more than three would be no help."""
    with pytest.raises(ValueError, match="unknown kind") as caught:
        resolve_kind("copy")
    assert str(caught.value).count(" or ") <= 2
    with pytest.raises(ValueError, match="unknown kind") as caught:
        resolve_kind("evict-remote-bucke")
    assert str(caught.value) == (
        "unknown kind of job 'evict-remote-bucke': did you mean "
        "evict-remote-bucket or evict-remote-bck or rename-bucket?"
    )


@pytest.mark.parametrize("text", ["", "?", "zzzzzzzz", "\x1b[31m"])
def test_without_a_near_name_all_are_listed(text: str) -> None:
    """A text like no kind at all is answered with the whole list, and is quoted harmlessly."""
    with pytest.raises(ValueError, match="unknown kind") as caught:
        resolve_kind(text)
    assert f"unknown kind of job {text!r}: one of {', '.join(KINDS)}" == str(caught.value)


@pytest.mark.parametrize("text", ["z" * 10**6, "copy-bucket" * 10**5])
def test_a_very_long_kind_is_refused_in_few_words(text: str) -> None:
    """A kind may come from a file that somebody else wrote: it is not repeated at any length."""
    with pytest.raises(ValueError, match="unknown kind") as caught:
        named_kind(text)
    assert len(str(caught.value)) < 800


@pytest.mark.parametrize("job_id", ["g7", "tco-FtFCbjybdd", "dnl-a", "srt-a", "gbt-a"])
def test_an_id_is_not_the_name_of_a_kind(job_id: str) -> None:
    """What commands take as a kind is a name: by an id they would stop all jobs of its kind."""
    with pytest.raises(ValueError, match=f"unknown kind of job '{job_id}'"):
        named_kind(job_id)


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_only_some_kinds_may_be_waited_for(kind: Kind) -> None:
    """An election has no snapshots, and summaries have a protocol of their own: `ValueError`."""
    if kind.waitable:
        assert require_waitable(kind) is kind
        return
    with pytest.raises(ValueError, match=f"a job of kind '{kind.name}' cannot be waited for"):
        require_waitable(kind)


@given(st.one_of(st.text(), st.from_regex(r"(g|tco-|dnl-|etl-)[0-9a-z]*", fullmatch=True)))
def test_looking_up_never_fails_otherwise(text: str) -> None:
    """Any text is a kind or a `ValueError`, and what an id tells is what it resolves to."""
    known = find_kind(text) or kind_of_id(text)
    if known is None:
        with pytest.raises(ValueError, match="unknown kind"):
            resolve_kind(text)
    else:
        assert resolve_kind(text) is known
    number = rebalance_number(text)
    assert (number is not None) is (kind_of_id(text) is KINDS["rebalance"])


def test_table_is_read_row_by_row() -> None:
    """Every column of a row has its meaning, and the table is nothing else than its rows."""
    row = _read_row("a-kind  a-display  idle  bucket-or-all  rb  p-  q-")
    assert (
        Kind(
            "a-kind",
            display="a-display",
            strategy=Strategy.IDLE,
            scope=Scope.BUCKET_OR_ALL,
            prefixes=("p-", "q-"),
            aborted_by_rebalance=True,
            retention=60.0,
        )
        == row
    )
    other = _read_row("b  c  finished  one-target  s1")
    assert (True, True, False, 3600.0, ()) == (
        other.startable,
        other.single_target,
        other.aborted_by_rebalance,
        other.retention,
        other.prefixes,
    )
    assert [*KINDS.values()] == [_read_row(line) for line in kinds._ROWS.splitlines() if line]


def test_three_names_are_suggested() -> None:
    """The nearest names are help; all of them are none."""
    with pytest.raises(ValueError, match="unknown kind of job") as raised:
        named_kind("listrange")
    assert 2 == str(raised.value).count(" or ")
