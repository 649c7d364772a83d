"""The files in deploy/cluster agree with each other and with what is tried.

Not tried: the official image, its security plugin and Docker itself (they need a registry).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import skips
import yaml

from eval.drills.nodes import VERSION

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "cluster"
HOME = "/usr/share/opensearch/config"
NODES = ("node-0", "node-1", "node-2")


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text("utf-8"))


def test_three_nodes_of_the_version_that_was_tried_in_bounded_memory() -> None:
    services = read("compose.yaml")["services"]
    assert {each["image"] for each in services.values()} == {f"opensearchproject/opensearch:{VERSION}"}
    assert [name for name in services if name.startswith("node-")] == list(NODES)
    for name in NODES:
        node = services[name]
        assert node["environment"]["NODE_NAME"] == name
        assert node["ulimits"]["memlock"] == {"soft": -1, "hard": -1}
        heap = re.fullmatch(r"-Xms(\d+)g -Xmx(\d+)g", node["environment"]["OPENSEARCH_JAVA_OPTS"])
        assert heap
        assert heap[1] == heap[2]
        assert int(heap[1]) * 2 <= int(node["mem_limit"].removesuffix("g"))
        assert "curl" in str(node["healthcheck"]["test"])
        assert "snapshots:/snapshots" in node["volumes"]
        assert all(port.startswith("127.0.0.1:") for port in node["ports"])
    settings = read("opensearch.yml")
    assert settings["path.repo"] == ["/snapshots"]
    assert settings["bootstrap.memory_lock"] is True
    assert settings["discovery.seed_hosts"] == settings["cluster.initial_cluster_manager_nodes"] == list(NODES)


def test_every_file_that_is_mounted_is_there_or_made_as_documented() -> None:
    compose = read("compose.yaml")
    assert {each["file"] for each in compose["configs"].values()} == {f"./{path.name}" for path in FOLDER.glob("*.yml")}
    for name in NODES:
        assert {each["source"] for each in compose["services"][name]["configs"]} == compose["configs"].keys()
        assert f"./certificates:{HOME}/certificates:ro" in compose["services"][name]["volumes"]


def test_every_role_has_a_user_whose_password_is_in_the_environment_alone() -> None:
    roles, users, mapped = (read(f"{name}.yml") for name in ("roles", "internal_users", "roles_mapping"))
    for each in (roles, users, mapped):
        del each["_meta"]
    assert mapped.keys() == roles.keys() | {"all_access"}
    assert sorted(user for each in mapped.values() for user in each["users"]) == sorted(users)
    node = read("compose.yaml")["services"]["node-0"]["environment"]
    for user in users.values():
        variable = re.fullmatch(r"\$\{envbc\.(\w+)\}", user["hash"])
        assert variable
        assert node[variable[1]] == f"${{{variable[1]}:?set it}}"


def documented() -> str:
    """The lines that make the certificates; the same in both languages."""
    blocks = re.findall(r"(?m)((?:^    .+\n)+)", (ROOT / "docs" / "cluster.md").read_text("utf-8"))
    chinese, english = (block for block in blocks if "openssl" in block)
    assert chinese == english
    return english


def test_the_certificates_are_made_as_documented(tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        skips.skip("NO CERTIFICATE WAS MADE: openssl is not installed", forbidden=os.environ.get("CI"))
    (tmp_path / "deploy" / "cluster").mkdir(parents=True)
    done = subprocess.run(["bash", "-euc", documented()], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "deploy" / "cluster" / "certificates"
    named = {value for key, value in read("opensearch.yml").items() if key.endswith("_filepath")}
    assert {path.rpartition("/")[2] for path in named} <= {path.name for path in folder.iterdir()}
    verified = ["openssl", "verify", "-CAfile", str(folder / "ca.pem"), str(folder / "node.pem")]
    assert subprocess.run(verified, capture_output=True, check=False).returncode == 0
    shown = ["openssl", "x509", "-in", str(folder / "node.pem"), "-noout", "-subject", "-ext", "subjectAltName"]
    told = subprocess.run(shown, capture_output=True, text=True, check=True).stdout
    (name,) = read("opensearch.yml")["plugins.security.nodes_dn"]
    assert name.replace("CN=", "CN = ") in told or name in told
    assert all(f"DNS:{each}" in told for each in (*NODES, "localhost"))
    assert "IP Address:127.0.0.1" in told
