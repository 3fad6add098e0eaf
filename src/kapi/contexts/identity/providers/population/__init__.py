"""Population registers: the port, which one is in use, and one file for each."""
