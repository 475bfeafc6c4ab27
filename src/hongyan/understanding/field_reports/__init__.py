"""What a shop's coded report by SMS says: keyword, dealer, IMEIs, price, quantities. Pure: no Django, no clock, no store."""

from hongyan.understanding.field_reports.answers import reply_to, segments
from hongyan.understanding.field_reports.known import KnownWorld
from hongyan.understanding.field_reports.learning import Habits, confirmed, contradicted, nicknamed
from hongyan.understanding.field_reports.reading import read_report, settled
from hongyan.understanding.field_reports.report import Code, Item, Problem, Report, Status
from hongyan.understanding.field_reports.world import Action, Model, Policy, State, Unit, World

__all__ = [
    "Action", "Code", "Habits", "Item", "KnownWorld", "Model", "Policy", "Problem", "Report", "State", "Status", "Unit",
    "World", "confirmed", "contradicted", "nicknamed", "read_report", "reply_to", "segments", "settled",
]  # fmt: skip
