"""How well and how fast: test collections, measures, benchmarks."""
