"""Measure search on the database of the settings, and print the figures as JSON."""

import json
import sys
from dataclasses import asdict
from importlib import import_module

import django

if __name__ == "__main__":
    django.setup()
    # Only now: it imports models.
    figures = import_module("bench.search").measure(quick="--quick" in sys.argv)
    print(json.dumps([asdict(figure) for figure in figures]))
