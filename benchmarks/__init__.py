"""Measurements of speed, each a command; nothing here is imported by the rest."""
