"""Generated gRPC code, committed so that users need no generator."""
