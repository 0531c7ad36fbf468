"""Settings and sweeps: what a person says on the command line to change single values of a program.

`elite.net_new_mrr=20000` sets one value; `elite.net_new_mrr=15000:35000:1000` sets it to each of several in turn.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from pydantic_core import PydanticCustomError

from tierctl.findings import CannotRunError, Finding, error
from tierctl.program.scalars import exact
from tierctl.validation import shown

MOST_VARIANTS = 10_000
"""So many variants may be asked for at once."""

_SET, _SWEEP = "--set", "--sweep"
_PAIR = re.compile(r"""(?P<key>(?:"[^"]*"|[^"=])+)=(?P<value>.*)""", re.DOTALL)
_NUMBER = re.compile(r"(?P<number>[+-]?\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?)(?P<percent> ?%)?")
_FORM = "write KEY=VALUE, as in elite.net_new_mrr=20000"
_SWEEP_FORM = "write KEY=FROM:TO:STEP, as in elite.net_new_mrr=15000:35000:1000, or with shares rate=5%:10%:1%"


@dataclass(frozen=True)
class Setting:
    """A value to put in a program's place.

    Attributes:
        key: the key as it is typed.
        value: the value as TOML reads it, numbers as Decimals or ints.
        said: the words of the command line that findings cite.
        step: of a sweep's values this one, as text; empty: it is of none.
    """

    key: str
    value: object
    said: str
    step: str = ""

    @property
    def cited(self) -> str:
        """The words of the command line, and of a sweep which of its values."""
        return f"{self.said} at {self.step}" if self.step else self.said

    @property
    def text(self) -> str:
        """The value for a person to read: texts without quotes."""
        match self.value:
            case str():
                return self.value
            case Decimal():
                return f"{self.value:f}"
        return shown(self.value)


@dataclass(frozen=True)
class Sweep:
    """A value to go through in steps, the first and, if it is hit, the last of the range included.

    Attributes:
        key: the key as it is typed.
        values: the numbers as they count: 5 % is 0.05.
        said: the words of the command line that findings cite.
        is_share: whether they are written in per cent.
    """

    key: str
    values: tuple[Decimal, ...]
    said: str
    is_share: bool = False

    @property
    def settings(self) -> tuple[Setting, ...]:
        """One setting per value."""
        return tuple(self.setting(value) for value in self.values)

    def setting(self, value: Decimal) -> Setting:
        """The setting of one of the values."""
        written = share_text(value) if self.is_share else plain(value)
        return Setting(self.key, written, self.said, str(written))


def plain(number: Decimal) -> Decimal | int:
    """A number as a person writes it: whole numbers without a point, others without closing zeros."""
    return int(number) if number == number.to_integral_value() else number.normalize()


def share_text(number: Decimal) -> str:
    """A share as the program file writes it.

    >>> share_text(Decimal("0.05")), share_text(Decimal(2))
    ('5 %', '200 %')
    """
    return f"{Decimal(plain(number * 100)):f} %"


def is_share(value: object) -> bool:
    """Whether a value of a program file is a share."""
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    return bool(match and match["percent"])


def read_settings(texts: Iterable[str]) -> tuple[tuple[Setting, ...], list[Finding]]:
    """Settings as they are typed: KEY=VALUE, the value a TOML literal, or else text.

    Returns:
        The settings, in order; and a finding for each text that is none.
    """
    settings: list[Setting] = []
    findings: list[Finding] = []
    for text in texts:
        pair = _PAIR.fullmatch(text)
        if pair is None or not pair["key"].strip():
            findings.append(error("what-if-setting", _SET, text, "this is not a key and a value", _FORM))
        else:
            settings.append(Setting(pair["key"].strip(), _literal(pair["value"].strip()), f"{_SET} {text}"))
    return tuple(settings), findings


def read_sweeps(texts: Iterable[str]) -> tuple[tuple[Sweep, ...], list[Finding]]:
    """Sweeps as they are typed: KEY=FROM:TO:STEP, all three numbers, or all three shares such as 5%.

    Returns:
        The sweeps, in order; and a finding for each text that is none.
    """
    sweeps: list[Sweep] = []
    findings: list[Finding] = []
    for text in texts:
        try:
            sweeps.append(_sweep(text))
        except ValueError as fault:
            findings.append(error("what-if-sweep", _SWEEP, text, str(fault), _SWEEP_FORM))
        except OverflowError as fault:
            findings.append(_too_many(f"{_SWEEP} {text}", str(fault)))
    return tuple(sweeps), findings


def grid(sweeps: Sequence[Sweep]) -> tuple[tuple[Setting, ...], ...]:
    """Every combination of the sweeps' values, the last one's varying fastest; without sweeps the empty one alone.

    Raises:
        CannotRunError: they are more than can be asked for at once.
    """
    count = 1
    for sweep in sweeps:
        count *= len(sweep.values)
    if count > MOST_VARIANTS:
        raise CannotRunError([_too_many(" ".join(sweep.said for sweep in sweeps), f"{count:,}")])
    return tuple(product(*(sweep.settings for sweep in sweeps)))


def _too_many(said: str, count: str) -> Finding:
    message = f"these are {count} variants; at most {MOST_VARIANTS:,} can be asked for at once"
    return error("what-if-variants", said, "", message, "take longer steps, or sweep fewer values at once")


def _literal(text: str) -> object:
    try:
        read = tomllib.loads(f"value = {text}", parse_float=Decimal)
    except tomllib.TOMLDecodeError:
        return text
    return read["value"] if read.keys() == {"value"} else text


def _sweep(text: str) -> Sweep:
    """A sweep; ValueError where it is none, OverflowError with their number where it has too many values."""
    pair = _PAIR.fullmatch(text)
    if pair is None or not pair["key"].strip():
        raise ValueError("this is not a key and a range")
    ends = [_NUMBER.fullmatch(part.strip()) for part in pair["value"].split(":")]
    numbers = [end for end in ends if end]
    if len(numbers) != len(ends) or len(ends) != len(("from", "to", "step")):
        raise ValueError(f"{pair['value'].strip()!r} is not a range of numbers")
    if len({bool(end["percent"]) for end in numbers}) > 1:
        raise ValueError("of a range either all three are shares, or none is")
    is_share = bool(numbers[0]["percent"])
    first, last, step = (_exact(end["number"], is_share) for end in numbers)
    if step == 0 or (last - first) * step < 0:
        raise ValueError(f"steps of {numbers[2][0]} do not lead from {numbers[0][0]} to {numbers[1][0]}")
    count = int((last - first) // step) + 1
    if count > MOST_VARIANTS:
        raise OverflowError(f"{count:,}")
    values = tuple(first + number * step for number in range(count))
    return Sweep(pair["key"].strip(), values, f"{_SWEEP} {text}", is_share)


def _exact(text: str, is_share: bool) -> Decimal:
    number = Decimal(text.replace("_", ""))
    try:
        return exact(number.scaleb(-2) if is_share else number)
    except PydanticCustomError as fault:
        raise ValueError(fault.message()) from fault
