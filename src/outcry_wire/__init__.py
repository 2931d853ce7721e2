"""What goes over a wire: record layouts, reject numbers, the book hash. Standard library only."""
