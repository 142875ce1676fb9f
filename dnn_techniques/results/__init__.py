"""Reading runs: figures, intervals, comparison, claims, tables, curves."""
