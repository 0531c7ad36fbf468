"""Partners that a person names on the command line: those that the roster lacks are refused, with who was meant."""

from collections.abc import Collection, Sequence
from typing import Final

import polars as pl

from tierctl.findings import CannotRunError, Finding, error
from tierctl.validation import did_you_mean

OPTION: Final = "--partner"


def refuse_unknown(partners: Collection[str], roster: Sequence[pl.LazyFrame], named_by: str = OPTION) -> None:
    """Refuse ids that the roster lacks, so that a slip of the pen is not taken for a partner without standing.

    Args:
        partners: the ids that a person named.
        roster: the parts of the partners export.
        named_by: the option or argument that takes them.

    Raises:
        CannotRunError: names every such id, and the one that was probably meant.
    """
    names = pl.concat([part.select("partner_id", "name") for part in roster]).collect()
    ids = dict(names.select(pl.col("name").str.to_lowercase(), "partner_id").sort("partner_id").iter_rows())
    known = set(names["partner_id"])
    unknown = [partner for partner in dict.fromkeys(partners) if partner not in known]
    if unknown:
        raise CannotRunError([_unknown(partner, sorted(known), ids, named_by) for partner in unknown])


def _bare(partner: str) -> str:
    """An id as people remember it: without leading zeros, in small letters."""
    return partner.casefold().lstrip("0")


def _unknown(partner: str, known: list[str], ids: dict[str, str], named_by: str) -> Finding:
    named = ids.get(partner.lower())
    alike = next((id_ for id_ in known if _bare(id_) == _bare(partner)), None)
    hint = f"did you mean {alike}?" if alike else did_you_mean(partner, known)
    if named:
        hint = f"did you mean {named}? {named_by} takes the id, not the name"
    return error("partner-unknown", named_by, partner, f"the roster has no partner with the id {partner!r}", hint)
