"""The clock strikes: one module per job, each a plain function over a bounded batch."""
