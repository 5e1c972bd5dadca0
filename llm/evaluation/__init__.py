"""How good a fill is: systems side by side on held-out conclusions, and the gate for adapters."""
