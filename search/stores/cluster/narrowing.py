"""Queries of OpenSearch that narrow a query of ours down: what may match, what surely does, and what is in doubt."""
