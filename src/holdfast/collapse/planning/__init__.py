"""How much real data a generation needs to keep what a person wants kept: the theories, solved for the amount."""

from holdfast.collapse.planning.planner import Plan, plan
from holdfast.collapse.planning.wishes import Wishes

__all__ = ["Plan", "Wishes", "plan"]
