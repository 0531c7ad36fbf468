"""Checks of names: whatever a program refers to must be there, and what is there should be used."""

from collections.abc import Iterator

from tierctl.findings import Finding
from tierctl.located import Key
from tierctl.program.lint.columns import roles
from tierctl.program.lint.subject import Check, Subject
from tierctl.program.lint.walk import CURRENCY, MONTH_END, Test, condition_holders, joiners, named_conditions
from tierctl.program.model import Action, Benefit, Track
from tierctl.program.values import By, OfColumn, Requires
from tierctl.validation import closest, did_you_mean

_WORDS_OF_REQUIREMENTS = ("partner", "attested", "tier", "qualified", "any", "all")
_STANDINGS = ("attested", "tier", "qualified")
_WORDS_OF_FIGURES = (MONTH_END, CURRENCY)
_BUILT_IN_ACTIONS = (
    "tier_ends", "approve_promotion", "notify_remediation", "review_downgrade", "decide_extension", "settle_balance",
    "payment_held", "refund_without_clawback",
)  # fmt: skip


def check_exports(subject: Subject) -> Iterator[Finding]:
    """Metrics, computed columns, actions and rules read exports that exist, and so does what is joined to them."""
    for holder, path in condition_holders(subject.program):
        export = holder.from_
        if export is not None and export not in subject.exports and _is_read(subject, (*path, "from"), export):
            yield subject.unknown("unknown-export", (*path, "from"), "export", export, subject.exports)
    joins: list[tuple[Key, dict[str, str]]] = [
        *((path, holder.with_) for holder, path in joiners(subject.program)),
        *((("benefits", name), benefit.with_) for name, benefit in subject.program.benefits.items()),
    ]
    for path, joined in joins:
        for export in joined:
            if export not in subject.exports and _is_read(subject, path, export):
                yield subject.unknown("unknown-export", (*path, "with", export), "export", export, subject.exports)


def _is_read(subject: Subject, path: Key, export: str) -> bool:
    return subject.is_whole(path) and not subject.may_be_left_out("exports", export)


def check_conditions(subject: Subject) -> Iterator[Finding]:
    """Conditions that are named exist, and those that exist are used."""
    known = subject.program.conditions
    used: dict[str, None] = {}
    for name, path in named_conditions(subject.program):
        used[name] = None
        if name not in known and not subject.may_be_left_out("conditions", name):
            yield subject.unknown("unknown-condition", path, "condition", name, known)
    meant = {closest(name, known) for name in used.keys() - known.keys()}
    for name in known:
        if name not in used.keys() | meant:
            yield subject.warning("unused", ("conditions", name), f"nothing uses the condition {name}")


def check_metrics(subject: Subject) -> Iterator[Finding]:
    """Metrics that are required, reckoned with or shown exist, and those that exist are used."""
    known = subject.program.metrics
    used = list(_metrics_used(subject))
    for path, name in used:
        if name not in known and not subject.may_be_left_out("metrics", name):
            message = f"{name} is no metric; there are: {', '.join(known) or 'none'}"
            hint = did_you_mean(name, (*known, *(_STANDINGS if path[-1] == name else ())))
            yield subject.error("unknown-metric", path, message, hint)
    named = {name for _, name in used}
    meant = {closest(name, known) for name in named - known.keys()}
    for name in known:
        if name not in named | meant:
            message = f"no requirement, no rule, no other metric and no `shows` uses the metric {name}"
            yield subject.warning("unused", ("metrics", name), message)


def _metrics_used(subject: Subject) -> Iterator[tuple[Key, str]]:
    """Every metric that is named, with where: an entry for each place, also where a column of rows is named there."""
    for place in subject.places:
        yield from ((place.path, name) for name in subject.metrics_named(place))
    for kind, key, rule in subject.program.rules:
        if rule.metric is not None:
            yield (kind, key, "base"), rule.metric
    for name, metric in subject.program.metrics.items():
        if metric.formula is not None:
            yield from ((("metrics", name, "formula"), each) for each in metric.formula.metrics)
    shows: list[tuple[Key, tuple[str, ...]]] = [
        *((("tracks", name), track.shows) for name, track in subject.program.tracks.items()),
        *((("actions", name), action.shows) for name, action in subject.program.actions.items()),
    ]
    for path, names in shows:
        yield from (((*path, "shows", index), name) for index, name in enumerate(names))


def check_reserved(subject: Subject) -> Iterator[Finding]:
    """No id is a word that means something else where the id would be written."""
    for name in subject.program.metrics:
        if name in _WORDS_OF_REQUIREMENTS:
            message = f"{name} cannot be a metric's id: in `requires` it means something else"
            yield subject.error("reserved-id", ("metrics", name), message)
        elif name in _WORDS_OF_FIGURES:
            message = f"{name} cannot be a metric's id: behind `by` it means something else"
            yield subject.error("reserved-id", ("metrics", name), message)
    for name in subject.program.actions:
        if name in _BUILT_IN_ACTIONS:
            message = f"{name} cannot be an action's id: every review raises actions of that name by itself"
            yield subject.error("reserved-id", ("actions", name), message)


def check_tracks_and_tiers(subject: Subject) -> Iterator[Finding]:
    """Benefits and actions name tracks of the program and tiers of those tracks."""
    holders: list[tuple[Key, Benefit | Action]] = [
        *((("benefits", name), benefit) for name, benefit in subject.program.benefits.items()),
        *((("actions", name), action) for name, action in subject.program.actions.items()),
    ]
    tracks = subject.program.tracks
    for path, holder in holders:
        for index, name in enumerate(holder.tracks or ()):
            if name not in tracks and not subject.may_be_left_out("tracks", name):
                yield subject.unknown("unknown-track", (*path, "tracks", index), "track", name, tracks)
        of_tracks = [tracks[name] for name in holder.tracks or tracks if name in tracks]
        tiers = dict.fromkeys(tier.id for track in of_tracks for tier in track.tiers)
        for index, tier in enumerate(holder.tiers or ()):
            if of_tracks and tier not in tiers and not _may_be_tier(subject, tier):
                place = tier if isinstance(holder.tiers, dict) else index
                yield subject.unknown("unknown-tier", (*path, "tiers", place), "tier of these tracks", tier, tiers)


def check_standings(subject: Subject) -> Iterator[Finding]:
    """What a requirement asks of a partner's standing is a track, tier or qualification of the program."""
    for requires, path, scope in subject.of(Requires):
        for word in ("tier", "qualified"):
            held = getattr(requires, word)
            own = scope.track if held is None or held.track is None else held.track
            if held is None or own is None:
                continue
            track = subject.program.tracks.get(own)
            if track is not None:
                yield from _check_held(subject, requires, (*path, word), own, track)
            elif not subject.may_be_left_out("tracks", own):
                yield subject.unknown("unknown-track", (*path, word, "track"), "track", own, subject.program.tracks)


def _check_held(subject: Subject, requires: Requires, path: Key, name: str, track: Track) -> Iterator[Finding]:
    if path[-1] == "tier" and requires.tier is not None:
        tier, known = requires.tier.at_least, [each.id for each in track.tiers]
        if tier not in known and not _may_be_tier(subject, tier):
            others = [key for key, each in subject.program.tracks.items() if tier in each.ranks]
            hint = f'it is a tier of {others[0]}: say track = "{others[0]}"' if others else did_you_mean(tier, known)
            message = f"{tier} is no tier of {name}; there are: {', '.join(known)}"
            yield subject.error("unknown-tier", (*path, "at_least"), message, hint)
    elif requires.qualified is not None:
        wanted = requires.qualified.name
        is_left_out = subject.may_be_left_out("tracks", wanted) or not subject.is_whole(
            ("tracks", name, "qualifications")
        )
        if wanted not in track.qualifications and not is_left_out:
            known = list(track.qualifications)
            yield subject.unknown("unknown-qualification", (*path, "name"), f"qualification of {name}", wanted, known)


def _may_be_tier(subject: Subject, name: str) -> bool:
    """Whether a tier that is named may be one whose id, or which altogether, could not be read."""
    if subject.may_be_left_out("tracks", name):
        return True
    # An id that is no id is known by its text; one that is missing may be any.
    for path in subject.repairs.touched - subject.repairs.guessed:
        match path:
            case ("tracks", _) | ("tracks", _, "tiers") | ("tracks", _, "tiers", _) | ("tracks", _, "tiers", _, "id"):
                return True
    return False


def check_computed_columns(subject: Subject) -> Iterator[Finding]:
    """The columns that a program computes are used by some condition or measure."""
    named = {name.rpartition(".")[2] for name in _columns_named(subject)}
    known = {column for contract in subject.exports.values() for column in contract.names}
    meant = {closest(name, subject.program.columns) for name in named - known}
    for name in subject.program.columns:
        if name not in named | meant:
            yield subject.warning("unused", ("columns", name), f"nothing uses the column {name}")


def _columns_named(subject: Subject) -> Iterator[str]:
    for place in subject.places:
        match place.node:
            case Test(name=name, bound=bound):
                yield from (name, bound.days_after or "")
            case OfColumn(column=name) | By(by=name):
                yield name
    # What a computed column is made of is no use of another.
    yield from (role.column for role in roles(subject) if role.path[0] != "columns")
    for holder, _ in joiners(subject.program):
        yield from holder.with_.values()


def check_listed_once(subject: Subject) -> Iterator[Finding]:
    """A list names each tier, track, metric, column or attestation once."""
    for path, words in _lists(subject):
        for index, word in enumerate(words):
            if words.index(word) < index:
                message = f"{word} stands there already, as number {words.index(word) + 1}"
                yield subject.error("listed-twice", (*path, index), message)


def _lists(subject: Subject) -> Iterator[tuple[Key, tuple[str, ...]]]:
    program = subject.program
    for name, metric in program.metrics.items():
        yield from ((("metrics", name, "count"), metric.count or ()), (("metrics", name, "on"), metric.on))
    for name, column in program.columns.items():
        yield ("columns", name, "same"), column.same
    for name, export in program.exports.items():
        yield ("exports", name, "primaryKey"), export.primary_key
    for name, track in program.tracks.items():
        yield ("tracks", name, "shows"), track.shows
    holders: list[tuple[Key, Benefit | Action]] = [
        *((("benefits", name), benefit) for name, benefit in program.benefits.items()),
        *((("actions", name), action) for name, action in program.actions.items()),
    ]
    for path, holder in holders:
        yield (*path, "tracks"), holder.tracks or ()
        yield (*path, "tiers"), holder.tiers if isinstance(holder.tiers, tuple) else ()
        yield (*path, "shows"), holder.shows if isinstance(holder, Action) else ()
    yield from (((*path, "attested"), requires.attested) for requires, path, _ in subject.of(Requires))


CHECKS: tuple[Check, ...] = (
    check_exports,
    check_conditions,
    check_metrics,
    check_reserved,
    check_tracks_and_tiers,
    check_standings,
    check_computed_columns,
    check_listed_once,
)
