"""What each column of each export holds, as lines of text: one table an export, one line a column that has no fault."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.text import Text

from tierctl.cli.layout import Cell, align, heading, number, paragraph, plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tierctl.ingest.profile import ColumnProfile

_MOST_UNUSED: Final = 12
# From here on there is room for how many cells were parsed and how many rejected; below, only faults are counted.
_WIDE: Final = 100
_NARROWEST_NAME: Final = 16
_BETWEEN: Final = " · "


def column_lines(profiles: "Mapping[str, Sequence[ColumnProfile]]", width: int) -> list[list[Text]]:
    """A block of lines for each export, by name; no line is wider."""
    return [_Table(name, profiles[name], width).lines() for name in sorted(profiles)]


@dataclass(frozen=True)
class _Table:
    """The columns of one export."""

    export: str
    profiles: "Sequence[ColumnProfile]"
    width: int

    def lines(self) -> list[Text]:
        above = heading(self.export, self._about(), self.width)
        if not any(of.filled or of.rejected for of in self.profiles):
            return above
        unused = [of for of in self.profiles if not of.column]
        shown = [of for of in self.profiles if of.column] + unused[:_MOST_UNUSED]
        rest = len(unused) - _MOST_UNUSED
        aligned = align(
            [self._titles(), *map(self._row, shown)], self.width, right=self._counts, give=self._give, indent=2
        )
        result = [*above, aligned[0]]
        for line, of in zip(aligned[1:], shown, strict=True):
            result += [line, *self._faults(of)]
        more = plural(rest, "more column that nothing reads", "more columns that nothing reads")
        return [*result, Text(f"  and {more}", style="dim")] if rest > 0 else result

    @property
    def _is_wide(self) -> bool:
        return self.width >= _WIDE

    @property
    def _has_own_headers(self) -> bool:
        """Whether any column is called otherwise than by our name."""
        return any(of.header != of.column for of in self.profiles)

    @property
    def _counts(self) -> set[int]:
        first = 2 if self._has_own_headers else 1
        return set(range(first, first + (4 if self._is_wide else 2)))

    @property
    def _give(self) -> list[int]:
        """Examples become shorter first, then headers."""
        return [max(self._counts) + 1, *sorted(range(min(self._counts)), reverse=True)]

    def _about(self) -> str:
        columns = plural(len(self.profiles), "column")
        if not any(of.filled or of.rejected for of in self.profiles):
            return f"{columns}, all empty"
        at_fault = sum(of.rejected > 0 for of in self.profiles)
        return f"{columns}, {at_fault} with rejected cells" if at_fault else f"{columns}, all that is filled is parsed"

    def _titles(self) -> list[Cell]:
        names = ["column", "header"] if self._has_own_headers else ["column"]
        counts = ["filled", "distinct", "parsed", "rejected"] if self._is_wide else ["filled", "distinct"]
        return [Text(title, style="dim") for title in (*names, *counts, "examples")]

    def _row(self, of: "ColumnProfile") -> list[Cell]:
        style = "" if of.column else "dim"
        header = of.header if of.fixed is None else f"fixed: {of.fixed}"
        names = [of.column or "(unused)", header] if self._has_own_headers else [of.column]
        counts = [number(of.filled), number(of.distinct)]
        cells: list[Cell] = [self._name(name, style) for name in names]
        cells += [Text(count, style=style) for count in counts]
        if self._is_wide:
            cells.append(Text("" if of.parsed is None else number(of.parsed), style=style))
            cells.append(Text(number(of.rejected), style="red") if of.rejected else Text("·", style=style))
        examples = () if of.fixed is not None else of.examples
        return [*cells, Text(_BETWEEN.join(map(_shown, examples)), style="dim")]

    def _name(self, name: str, style: str) -> Text:
        text = Text(_shown(" ".join(name.split())), style=style)
        text.truncate(max(_NARROWEST_NAME, self.width // 5), overflow="ellipsis")
        return text

    def _faults(self, of: "ColumnProfile") -> list[Text]:
        """What was rejected of a column; nothing where nothing was."""
        if not of.rejected or of.parsed is None:
            return []
        empty = of.rejected - (of.filled - of.parsed)
        texts = [*map(_shown, of.rejected_examples), *([f"{number(empty)} empty"] if empty else [])]
        said = f"rejected {number(of.rejected)}: {_BETWEEN.join(texts)}"
        said = said if self._is_wide else f"parsed {number(of.parsed)}, {said}"
        return paragraph(said, self.width, indent=4, style="red")


def _shown(text: str) -> str:
    """A text on one line: what cannot be printed as an escape, in quotes where blanks around it would not be seen."""
    plain = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
    return repr(plain) if plain != plain.strip() else plain
