"""Synthetic conclusions with the answers of their clauses, made from a template's own wording."""
