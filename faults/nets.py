"""Nets that no experiment has."""

from dnn_techniques.modules.card import experiment
from dnn_techniques.modules.schedules import OneCycleSchedule


@experiment
class NadamOneCycle(OneCycleSchedule):
    """Nadam under 1cycle: an optimizer and a schedule with much to remember."""

    optimizer = "nadam"
