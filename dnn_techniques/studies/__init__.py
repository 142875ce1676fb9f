"""How often transfer helps, few labels, how many layers to reuse."""
