"""How fast hyoka is, beside statements written by hand on the same server; see README.md."""
