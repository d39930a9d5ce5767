"""Say at start-up what is missing."""
