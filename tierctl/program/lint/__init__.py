"""What is wrong with a program although every word of its file can be read.

A check takes the program and gives findings; they are all run, and a person sees everything at once. Where a part of
the file could not be read, the checks look at the rest, and what may only come of the missing part is not told.
"""

from tierctl.findings import Finding, Severity
from tierctl.located import Document, line_of
from tierctl.program.lint import (
    columns,
    coverage,
    criteria,
    cycles,
    examples,
    exports,
    figures,
    ladder,
    names,
    paid,
    whole,
    windows,
)
from tierctl.program.lint.subject import Check, Subject
from tierctl.program.model import Program
from tierctl.repair import Repairs

CHECKS: tuple[Check, ...] = (
    *names.CHECKS,
    *exports.CHECKS,
    *columns.CHECKS,
    *cycles.CHECKS,
    *windows.CHECKS,
    *criteria.CHECKS,
    *ladder.CHECKS,
    *figures.CHECKS,
    *paid.CHECKS,
    *coverage.CHECKS,
    *examples.CHECKS,
)
_NAMES = ("program-unknown-", "program-reserved-", "program-listed-")


def lint(program: Program, document: Document, repairs: Repairs | None = None) -> list[Finding]:
    """Every finding about a program, in the file's order.

    Args:
        program: what the file says, as far as it could be read.
        document: what the program was read from.
        repairs: what was left out of it; given any, there are no warnings, since what was left out may be the reason.
    """
    repairs = repairs or Repairs()
    subject = Subject(program, document, repairs)
    disturbed = repairs.subjects(document)
    wrong = dict.fromkeys(finding for check in whole.CHECKS for finding in check(subject))
    findings = dict.fromkeys(finding for check in CHECKS for finding in check(subject))
    told = [each for each in findings if each.subject not in disturbed or each.code.startswith(_NAMES)]
    with_warnings = not (repairs or wrong)
    return sorted((each for each in [*wrong, *told] if with_warnings or each.severity is Severity.ERROR), key=line_of)
