"""Fiscal years, Japanese eras, business days and deadlines: pure values, standard library only."""
