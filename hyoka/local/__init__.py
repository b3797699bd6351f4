"""Real servers as our own child processes, for ``hyoka up`` and for the tests.

Nothing here is imported by the core: in a city the servers are the city's own.
"""
