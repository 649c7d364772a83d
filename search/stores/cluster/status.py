"""What is in an index on a cluster, and how it stands there."""

from __future__ import annotations

from typing import Any

from search.stores.cluster.view import View


def status(view: View) -> dict[str, Any]:
    """Return what :meth:`search.stores.base.Store.status` does; sizes are those of one copy of all that is there.

    Raises:
        Unavailable: the cluster can't be asked now.
    """
    connection, settings = view.connection, view.generation.settings
    stats = connection.ask("GET", connection.path("_stats", "docs,store"))["_all"]["primaries"]
    health = connection.ask("GET", f"/_cluster/health/{view.address.name}")
    shards = int(health["active_primary_shards"])
    described = connection.described() or {}
    replicas = int(described.get("settings", {}).get("index", {}).get("number_of_replicas", 0))
    works = view.works.values()
    return {
        "index": str(view.address),
        "generation": view.generation.number,
        "engine": settings.engine,
        "model": settings.model,
        "folding": settings.folding,
        "works": len(works),
        "sections": sum(work.card.sections for work in works),
        "passages": view.size,
        "windows": sum(int(work.data["windows"]) for work in works),
        "characters": sum(int(work.data["size"]) for work in works),
        "packs": len(works),
        "bytes": {"text": 0, "vectors": 0, "engine": int(stats["store"]["size_in_bytes"])},
        "cluster": {
            "documents": int(stats["docs"]["count"]),
            "shards": shards,
            "replicas": replicas,
            "health": str(health["status"]),
        },
    }
