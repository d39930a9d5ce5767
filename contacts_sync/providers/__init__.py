"""Speak for the other side: each provider translates and transports, and never decides."""
