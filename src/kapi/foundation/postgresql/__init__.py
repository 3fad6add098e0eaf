"""PostgreSQL as Django knows it, with a connection that each thread keeps."""
