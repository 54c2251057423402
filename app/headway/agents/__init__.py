"""Simulated A2A agents: what the demo, the tests and the benchmarks run against (spec: a2a, last section)."""
