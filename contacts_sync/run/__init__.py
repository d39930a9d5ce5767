"""Carry out a sync: the only code that acts."""
