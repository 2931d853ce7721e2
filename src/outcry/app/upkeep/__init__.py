"""Upkeep: backups, and services that run in the background of one machine."""
