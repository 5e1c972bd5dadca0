"""PostgreSQL, Valkey, web and worker on this machine, from installed packages alone."""
