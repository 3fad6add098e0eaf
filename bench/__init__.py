"""One runnable benchmark per promise, printing ratios."""
