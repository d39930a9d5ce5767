"""Whole lives of a small firm: what people do, what fails, and the laws that hold all the same."""
