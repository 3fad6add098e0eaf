"""Make the people and clients of `bench.identity` in the database of the settings: JSON in, JSON out."""

import json
import sys
from importlib import import_module

import django

if __name__ == "__main__":
    django.setup()
    # Only now: it imports models.
    print(json.dumps(import_module("bench.identity_data").fill(json.load(sys.stdin))))
