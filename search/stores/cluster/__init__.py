"""The cluster store: texts, counts, rankings and vectors on an OpenSearch cluster; what runs here keeps nothing."""
