"""Which adapter is live: a registry of those that were promoted, and the gate before it."""
