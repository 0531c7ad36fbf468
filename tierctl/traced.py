"""Traced: what stands behind a ladder's review of some partners: their grants, and the rows that each criterion read.

Made for a few partners, where somebody asks why; no report and no close has these tables.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.criteria import Criterion
from tierctl.evidence import Window, current_enrollment, is_read, window_of, window_read
from tierctl.fiscal import Span
from tierctl.grants import NO_END, tiers_by_rank
from tierctl.grid import windows_asked
from tierctl.inputs import Inputs
from tierctl.ladders import Ladder
from tierctl.measure.attested import counted_attestations
from tierctl.measure.counted import counted
from tierctl.measure.readings import Look, window_span
from tierctl.program.reads import ATTESTED, InEach, reads_of
from tierctl.qualify import Qualified
from tierctl.standing import Standing

GRANTS = pl.Schema(
    {
        "qualification": pl.String(),
        "partner_id": pl.String(),
        "tier": pl.String(),
        "from": pl.Date(),
        "through": pl.Date(),
        "basis": pl.String(),
        "because": pl.String(),
    }
)
COUNTED = pl.Schema(
    {
        "partner_id": pl.String(),
        "metric": pl.String(),
        "window_from": pl.Date(),
        "window_through": pl.Date(),
        "source": pl.String(),
        "source_id": pl.String(),
        "dated_on": pl.Date(),
        "amount": NUMBER,
        "counts": pl.Boolean(),
        "condition": pl.String(),
        "value": pl.String(),
        "needed": pl.String(),
        "clause": pl.String(),
    }
)
ASKED = pl.Schema(
    {
        "partner_id": pl.String(),
        "tier": pl.String(),
        "criterion": pl.String(),
        "evidence_from": pl.Date(),
        "metric": pl.String(),
        "window_from": pl.Date(),
        "window_through": pl.Date(),
    }
)
TRACED: Mapping[str, pl.Schema] = {"grants": GRANTS, "counted": COUNTED, "asked": ASKED}
"""The tables by name: their columns beside program and track."""

_SORTED_BY = {
    "grants": ("qualification", "partner_id", "from", "tier", "basis", "through"),
    "counted": ("partner_id", "metric", "window_from", "window_through", "dated_on", "source_id"),
    "asked": ("partner_id", "tier", "criterion", "evidence_from", "metric", "window_from"),
}
_EVIDENCE = ["partner_id", "tier", "criterion", "evidence_from"]
_GONE = ("terminated", "expired")


def traced(
    editions: Sequence[Qualified], standing: Standing, partners: pl.DataFrame, ladder: Ladder
) -> dict[str, pl.DataFrame]:
    """What stands behind the review of one ladder.

    Args:
        editions: what each look found, by the editions of the program.
        standing: where the partners stand.
        partners: the partner_ids asked for.
        ladder: the ladder; its qualification is told beside each grant.

    Returns:
        grants: every grant that the partners have or had: one row per grant; tier as of the edition in force, through
            is null where there is no end.
        asked: one row per row of evidence (partner_id, tier, criterion, evidence_from: its window_from) × metric of
            rows or attestation that its value is made of, with the window in which that was read; those who are
            terminated or expired have none, as in evidence.
        counted: the rows of each of these metrics in each of these windows (see `measure.counted`), with the metric's
            clause; of an attestation the attestations of it.
        All sorted.
    """
    present = standing.now.filter(~pl.col("status").is_in(_GONE)).join(partners, on="partner_id", how="semi")
    present = present.select("partner_id")
    reads = [(edition.inputs, read) for edition in editions for read in _reads(edition)]
    # Where two editions read one window of a metric, the later one is told, as in evidence.
    looks = {(name, _span(inputs, name, look)): (inputs, look) for inputs, read in reads for name, look in read.of}
    rows = [_counted(inputs, present, name, look) for (name, _), (inputs, look) in looks.items()]
    tables = {
        "grants": _grants(standing, partners, ladder),
        "counted": pl.concat([COUNTED.to_frame(), *rows]),
        "asked": _asked([_asked_by(inputs, present, read) for inputs, read in reads]),
    }
    return {name: _conformed(table, name) for name, table in tables.items()}


def together(ladders: Iterable[Mapping[str, pl.DataFrame]], *, program: str, track: str) -> dict[str, pl.DataFrame]:
    """The tables of the ladders of one track as one, with its program and track before their columns.

    What two ladders read alike is told once.
    """
    parts, said = list(ladders), (pl.lit(program).alias("program"), pl.lit(track).alias("track"))
    return {
        name: _conformed(pl.concat([schema.to_frame(), *(part[name] for part in parts)]), name).select(*said, pl.all())
        for name, schema in TRACED.items()
    }


def _conformed(table: pl.DataFrame, name: str) -> pl.DataFrame:
    schema = TRACED[name]
    return table.select(pl.col(column).cast(dtype) for column, dtype in schema.items()).unique().sort(_SORTED_BY[name])


def _grants(standing: Standing, partners: pl.DataFrame, ladder: Ladder) -> pl.DataFrame:
    """All grants, by the tiers of the edition in force."""
    rungs = tiers_by_rank(standing.tracks[max(standing.tracks)])
    held = standing.grants.join(partners, on="partner_id", how="semi").join(rungs, on="rank")
    through = pl.when(pl.col("through") < NO_END).then("through").alias("through")
    return held.with_columns(through, pl.lit(ladder.qualification, dtype=pl.String).alias("qualification"))


@dataclass(frozen=True)
class _Read:
    """What a row of evidence tells: its criterion and window, and what the value is made of, each in its look."""

    criterion: Criterion
    window: Window
    of: tuple[tuple[str, Look], ...]


def _reads(edition: Qualified) -> Iterator[_Read]:
    """What the review of the month read of an edition's criteria, the open look last."""
    for number in reversed(edition.looks_at(len(edition.inputs.months) - 1)):
        look = edition.looks[number]
        for criterion in edition.criteria:
            in_each = criterion.leaf.in_each
            if in_each and look.span is None:
                for span, of in _complete(edition, in_each):
                    yield _Read(criterion, Window.of(span), tuple(_parts(edition, in_each.subject, of)))
            elif not in_each and is_read(criterion, edition, look):
                parts = tuple(_parts(edition, criterion.leaf.subject, look))
                yield _Read(criterion, window_read(criterion, edition, look), parts)


def _complete(edition: Qualified, in_each: InEach) -> Iterator[tuple[Span, Look]]:
    """The complete windows that a bound looks at, as far as they are read."""
    inputs = edition.inputs
    at = len(inputs.months) - 1
    looks = {look.span: look for look in edition.complete[in_each.key][0].sheet.looks if look.at == at}
    for span in windows_asked(inputs, in_each, inputs.last.last)[1]:
        if span in looks:
            yield span, looks[span]


def _parts(edition: Qualified, subject: str, look: Look) -> Iterator[tuple[str, Look]]:
    """The metrics of rows and the attestations that a value is made of."""
    program = edition.inputs.program
    reads = reads_of(program, [subject])
    for name in reads.names:
        metric = program.metrics.get(name)
        if name.startswith(ATTESTED) or (metric is not None and metric.is_of_rows):
            yield name, look
    for each in reads.each:
        for _, of in _complete(edition, each):
            yield from _parts(edition, each.subject, of)


def _asked_by(inputs: Inputs, partners: pl.DataFrame, read: _Read) -> pl.DataFrame:
    """The rows of `asked` of one row of evidence of each partner."""
    begun = partners.join(current_enrollment(inputs), on="partner_id", how="left")
    frames = [ASKED.to_frame()]
    for name, look in read.of:
        window = _window(inputs, name, look)
        told = begun.select(
            "partner_id",
            pl.lit(read.criterion.tier).alias("tier"),
            pl.lit(read.criterion.leaf.path).alias("criterion"),
            read.window.first.alias("evidence_from"),
            pl.lit(name).alias("metric"),
            window.first.alias("window_from"),
            window.last.alias("window_through"),
        )
        frames.append(told.cast(ASKED))
    return pl.concat(frames)


def _asked(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Of each row of evidence what it was made of when it was last told."""
    numbered = [frame.with_columns(pl.lit(number).alias("__told")) for number, frame in enumerate(frames)]
    rows = pl.concat([ASKED.to_frame().with_columns(pl.lit(0).alias("__told")), *numbered])
    return rows.filter(pl.col("__told") == pl.col("__told").max().over(_EVIDENCE))


def _counted(inputs: Inputs, partners: pl.DataFrame, name: str, look: Look) -> pl.DataFrame:
    """The rows of one metric, or attestation, in one window."""
    window, metric = _window(inputs, name, look), inputs.program.metrics.get(name)
    if metric is None:
        rows, clause = counted_attestations(inputs, name.removeprefix(ATTESTED), look.day, partners), None
    else:
        rows, clause = counted(inputs, metric, look, partners), metric.clause
    placed = rows.join(current_enrollment(inputs), on="partner_id", how="left").with_columns(
        pl.lit(name).alias("metric"),
        window.first.alias("window_from"),
        window.last.alias("window_through"),
        pl.lit(clause or inputs.program.clause, dtype=pl.String).alias("clause"),
    )
    return placed.select(pl.col(column).cast(dtype) for column, dtype in COUNTED.items())


def _window(inputs: Inputs, name: str, look: Look) -> Window:
    metric = inputs.program.metrics.get(name)
    return Window.of(_span(inputs, name, look)) if metric is None else window_of(metric, inputs, look)


def _span(inputs: Inputs, name: str, look: Look) -> Span:
    """The days in which something is read; an attestation, as a level, on the review day."""
    metric = inputs.program.metrics.get(name)
    return Span(look.day, look.day) if metric is None else window_span(metric, look, inputs.calendar)
