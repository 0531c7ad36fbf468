"""What is wrong with a program although every word of its file can be read.

A check takes the program and gives findings; they are all run, and a person sees everything at once.
"""

from tierctl.findings import Finding
from tierctl.located import Document
from tierctl.program.lint import columns, examples, figures, ladder, names
from tierctl.program.lint.subject import Check, Subject
from tierctl.program.model import Program

CHECKS: tuple[Check, ...] = (*names.CHECKS, *columns.CHECKS, *ladder.CHECKS, *figures.CHECKS, *examples.CHECKS)


def lint(program: Program, document: Document) -> list[Finding]:
    """Every finding about a program, in the file's order."""
    subject = Subject(program, document)
    findings = dict.fromkeys(finding for check in CHECKS for finding in check(subject))
    return sorted(findings, key=_line)


def _line(finding: Finding) -> int:
    number = finding.subject.partition(":")[0]
    return int(number) if number.isdigit() else 0
