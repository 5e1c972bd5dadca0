"""Supervised fine-tuning: a LoRA adapter that answers clauses."""
