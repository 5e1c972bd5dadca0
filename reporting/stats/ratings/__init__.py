"""Ratings of reports: scores by arm, and how far raters agree."""
