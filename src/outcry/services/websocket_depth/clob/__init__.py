"""The public feed as clients of CLOBs know it: ``/ws/market``."""
