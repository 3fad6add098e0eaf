"""Tests of the work site."""
