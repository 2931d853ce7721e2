"""The rules of a prediction-market exchange. Pure: no clock, no I/O, no randomness."""
