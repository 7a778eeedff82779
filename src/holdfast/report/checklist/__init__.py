"""Reporting checklists filled from the evidence of runs: REFORMS, and Lones' guide as a second view.

from holdfast.report.checklist import checklist, render
print(render(checklist([run]), "markdown"))
"""

from holdfast.report.checklist.answers import Answers as Answers
from holdfast.report.checklist.answers import read as read
from holdfast.report.checklist.answers import write_questions as write_questions
from holdfast.report.checklist.build import LISTS as LISTS
from holdfast.report.checklist.build import checklist as checklist
from holdfast.report.checklist.document import Checklist as Checklist
from holdfast.report.checklist.render import render as render

__all__ = ["LISTS", "Answers", "Checklist", "checklist", "read", "render", "write_questions"]
