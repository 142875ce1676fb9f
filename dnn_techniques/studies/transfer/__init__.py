"""How often transfer helps, over all pairs of classes."""
