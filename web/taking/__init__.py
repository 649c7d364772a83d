"""Taking away: what is found, and works, as files that say where everything stands."""
