"""Measure the sync on generated contacts, against a simulated Microsoft 365 of its own."""
