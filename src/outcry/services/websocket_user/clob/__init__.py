"""The private feed as clients of CLOBs know it: ``/ws/user``."""
