"""Decides what a sync has to do: pure, without Django, HTTP or a clock, for any kind of record."""
