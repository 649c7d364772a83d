"""The cluster store's own side: an index that stands on the nodes of an OpenSearch cluster, and how it is written."""
