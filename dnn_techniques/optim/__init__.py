"""Optimizers, schedules, clipping, penalties and constraints, exact to Keras."""
