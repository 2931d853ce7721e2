"""Where setup.py puts the compiled twins of the kernel's modules. No source stands here."""
