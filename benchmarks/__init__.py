"""Benchmarks on real servers: `bin/bench search`. Ratios within one run count, not absolute figures."""
