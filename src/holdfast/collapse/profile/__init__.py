"""Which of the ways to fail it is: collapse, overfitting, mode collapse or forgetting, told apart by ratios."""

from holdfast.collapse.profile.chain import Step, steps
from holdfast.collapse.profile.profile import Generation, Profile, profile
from holdfast.collapse.profile.real import Real
from holdfast.collapse.profile.sources import Source, intervened, sources

__all__ = ["Generation", "Profile", "Real", "Source", "Step", "intervened", "profile", "sources", "steps"]
