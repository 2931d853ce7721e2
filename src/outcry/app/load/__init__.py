"""The command `outcry load`: how much an engine carries, and how long each answer takes."""
