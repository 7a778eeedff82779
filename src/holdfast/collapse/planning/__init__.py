"""How much real data per generation keeps the models safe: theory read backwards."""

from holdfast.collapse.planning.planner import Plan, plan
from holdfast.collapse.planning.wishes import Wishes

__all__ = ["Plan", "Wishes", "plan"]
