"""What we observe. First of all what people tell us: feedback on a page or service, reports of barriers."""
