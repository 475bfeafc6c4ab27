"""One process from nothing: settings, the embedded database, the supervisor, logging."""
