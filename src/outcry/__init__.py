"""Outcry: a complete prediction-market exchange that one command starts."""
