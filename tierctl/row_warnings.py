"""What rows may say, given the programs in use, and people hardly ever mean: warnings about accepted rows."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import polars as pl

from tierctl.findings import Finding, warning
from tierctl.ingest import Export
from tierctl.ingest.read import ROSTER
from tierctl.program.model import ENROLLMENTS, Program
from tierctl.program.values import Requires, Where
from tierctl.row_checks import DECISIONS
from tierctl.validation import did_you_mean
from tierctl.word_warnings import words_never_seen

_CERTIFICATIONS = "certifications"


def other_programs(exports: Mapping[str, Export], programs: Sequence[Program]) -> list[Finding]:
    """A warning for decisions, and one for enrollments, on programs that the workspace does not use.

    Args:
        exports: the exports that were read.
        programs: every edition of every program that the workspace uses.
    """
    known = sorted({program.id for program in programs})
    findings = []
    if decided := _others(exports, DECISIONS, known):
        findings.append(warning("decision-other-program", DECISIONS, "program", *decided))
    if enrolled := _others(exports, ENROLLMENTS, known):
        findings.append(warning("enrollment-other-program", ENROLLMENTS, "program", *enrolled))
    return findings


def unlikely_rows(
    exports: Mapping[str, Export],
    programs: Sequence[Program],
    values: Mapping[str, Mapping[str, Mapping[str, str]]] = MappingProxyType({}),
) -> list[Finding]:
    """The warnings about rows that are sound, and whose days or words are worth a second look.

    Args:
        exports: the exports that were read.
        programs: every edition of every program that the workspace uses.
        values: by export and column, their word → our word, as the workspace maps them.
    """
    return [
        *_enrolled_before_joined(exports),
        *_without_expiry(exports, programs),
        *words_never_seen(exports, programs, values),
    ]


def _others(exports: Mapping[str, Export], export: str, known: Sequence[str]) -> tuple[str, str] | None:
    """Message and hint about rows on programs that are not known; None: there are none."""
    if export not in exports or not known:
        return None
    lf = pl.concat(exports[export].parts).filter(~pl.col("program").is_in(known))
    counts = lf.group_by("program").len("rows").sort("program").collect()
    if counts.is_empty():
        return None
    met = ", ".join(f"{program!r} ({_plural(rows, 'row')})" for program, rows in counts.rows())
    message = f"there are {export} on programs that are not in use: {met}; in use: {', '.join(known)}"
    return message, next(filter(None, (did_you_mean(program, known) for program in counts["program"])), "")


def _enrolled_before_joined(exports: Mapping[str, Export]) -> list[Finding]:
    """Enrollments that begin before their partner joined: the measuring period starts on the day of enrollment."""
    if ENROLLMENTS not in exports:
        return []
    joined = pl.concat(exports[ROSTER].parts).select("partner_id", "joined_on")
    key = ["partner_id", "program", "track", "enrolled_on"]
    early = pl.concat(exports[ENROLLMENTS].parts).join(joined, on="partner_id", how="inner")
    found = early.filter(pl.col("enrolled_on") < pl.col("joined_on")).sort(key).collect()
    if found.is_empty():
        return []
    first = found.row(0, named=True)
    more = f"; {_plural(found.height, 'enrollment')} in all" if found.height > 1 else ""
    message = (
        f"partner {first['partner_id']!r} is enrolled in {first['program']} {first['track']} on {first['enrolled_on']},"
        f" before it joined on {first['joined_on']}{more}"
    )
    hint = "what is measured begins with the enrollment: look whether it was meant to be backdated"
    return [warning("enrolled-before-joined", ENROLLMENTS, "enrolled_on", message, hint)]


def _without_expiry(exports: Mapping[str, Export], programs: Sequence[Program]) -> list[Finding]:
    """Certifications that a gate asks for and that never expire, since their rows do not say when."""
    asked = [kinds for program in programs for kinds in _gated(program)]
    if _CERTIFICATIONS not in exports or not asked:
        return []
    lf = pl.concat(exports[_CERTIFICATIONS].parts).filter(pl.col("expires_on").is_null())
    counts = lf.group_by("certification").len("rows").sort("certification").collect()
    findings = []
    for kind, rows in counts.rows():
        if any(not kinds or kind in kinds for kinds in asked):
            message = (
                f"{_plural(rows, 'certification')} {kind!r} without expires_on: a gate takes them as valid for ever"
            )
            hint = "give the day on which each of them expires, where it does"
            findings.append(warning("certification-without-expiry", _CERTIFICATIONS, "expires_on", message, hint))
    return findings


def _gated(program: Program) -> Iterator[frozenset[str]]:
    """For each metric of certifications that a gate reads: the kinds it counts; none stands for all of them."""
    gates = [program.gate, *(track.gate for track in program.tracks.values())]
    named = {name for gate in gates if gate for name in _metrics(gate)}
    read = set(named)
    while named:
        of = [metric for name in named if (metric := program.metrics.get(name)) and metric.formula]
        named = {name for metric in of if metric.formula for name in metric.formula.metrics} - read
        read |= named
    for name in sorted(read & program.metrics.keys()):
        metric = program.metrics[name]
        if metric.from_ == _CERTIFICATIONS:
            yield _kinds(program.where(metric.where))


def _metrics(requires: Requires) -> Iterator[str]:
    yield from requires.tests
    for part in (*requires.any, *requires.all):
        yield from _metrics(part)


def _kinds(where: Where | None) -> frozenset[str]:
    bound = where.tests.get("certification") if where else None
    return frozenset(value for value in (bound.equal or () if bound else ()) if isinstance(value, str))


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
