"""Evaluation of quality and speed: test collections, measures, benchmarks."""
