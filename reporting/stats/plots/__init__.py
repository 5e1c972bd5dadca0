"""Figures for a paper: Matplotlib figures that are written as SVG, PDF or PNG."""
