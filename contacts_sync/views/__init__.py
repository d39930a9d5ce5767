"""The Settings pages: each finds, asks the floor below, and shows."""
