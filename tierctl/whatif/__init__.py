"""What if: a month evaluated under other programs or with further rows, beside what it comes to as it is."""

from tierctl.whatif.answer import whatif
from tierctl.whatif.question import Answer, Question, Variant

__all__ = ["Answer", "Question", "Variant", "whatif"]
