"""No library that is installed with the program has a licence that does not go with Apache-2.0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from configparser import ConfigParser
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
NOTICES = (ROOT / "docs" / "licences.md").read_text("utf-8")
FREE = {
    "0BSD", "3-Clause BSD License", "Apache-2.0", "Apache 2.0 License", "Apache License 2.0", "Apache Software License",
    "Apache-2.0 WITH LLVM-exception", "BSD", "BSD License", "BSD-2-Clause", "BSD-2-Clause-Views", "BSD-3-Clause",
    "BSL-1.0", "CC0-1.0", "CNRI-Python", "ISC", "ISC License (ISCL)", "MIT", "MIT License", "MIT-0", "MIT-CMU",
    "PSF-2.0", "Python Software Foundation License", "The Unlicense (Unlicense)", "Unlicense", "Zlib",
}  # fmt: skip
WITH_NOTICE = {
    "GNU Lesser General Public License v2 or later (LGPLv2+)",
    "GNU Lesser General Public License v3 or later (LGPLv3+)",
    "LGPL-2.1-only", "LGPL-3.0-only", "MPL-2.0", "Mozilla Public License 2.0 (MPL 2.0)",
}  # fmt: skip
"""Licences whose terms follow the library when somebody hands it on; docs/licences.md names each such library."""


def accelerators() -> set[str]:
    """Names of what torch's build for graphics cards brings along: proprietary, and not asked for by the program."""
    lines = (ROOT / "requirements" / "accelerators.txt").read_text("utf-8").splitlines()
    return {line for line in lines if not line.startswith("#")}


def asked(*sections: tuple[str, str]) -> list[Requirement]:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    return [Requirement(line) for section, key in sections for line in config[section][key].split("\n") if line]


def wanted(requirements: Iterable[Requirement], extras: set[str]) -> Iterator[Requirement]:
    """Those that this Python on this machine needs."""
    for each in requirements:
        if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in extras | {""}):
            yield each


def closure(requirements: Iterable[Requirement]) -> dict[str, Distribution]:
    """Return the libraries that are asked for and all that those ask for, by name.

    Raises:
        PackageNotFoundError: one is not installed.
    """
    found: dict[tuple[str, frozenset[str]], Distribution] = {}
    left = list(requirements)
    while left:
        requirement = left.pop()
        key = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if key not in found and key[0] not in accelerators():
            found[key] = distribution(requirement.name)
            left += wanted(map(Requirement, found[key].requires or ()), requirement.extras)
    return {name: each for (name, _), each in found.items()}


def licences(library: Distribution) -> list[set[str]]:
    """Return the licences that a library's metadata offers: one of the sets is chosen, and all in it hold."""
    expression, told = (
        next(iter(library.metadata.get_all(key) or ()), "") for key in ("License-Expression", "License")
    )
    classifiers = [
        each.rpartition(" :: ")[2]
        for each in library.metadata.get_all("Classifier") or ()
        if each.startswith("License :: OSI Approved :: ")
    ]
    if not expression and classifiers:
        return [{each} for each in classifiers]
    if not expression and not told:  # its licence's own file has the name in its first line
        files = [each for each in library.files or () if each.parent.name == "licenses"]
        return [{each.read_text("utf-8").partition("\n")[0].strip()} for each in files]
    return [set(choice.strip("() ").split(" AND ")) for choice in (expression or told).split(" OR ")]


RUN = ("options", "install_requires"), ("options.extras_require", "models")
LIBRARIES = closure(asked(*RUN, ("options.extras_require", "test")))


@pytest.mark.parametrize("name", sorted(LIBRARIES))
def test_every_library_may_be_installed_with_a_program_under_apache_2(name: str) -> None:
    choices = licences(LIBRARIES[name])
    assert any(choice <= FREE | WITH_NOTICE for choice in choices), choices


def test_every_library_whose_terms_follow_it_has_its_notice() -> None:
    to_name = [
        name
        for name, library in closure(asked(*RUN)).items()
        if not any(choice <= FREE for choice in licences(library))
    ]
    assert to_name
    chinese, english = NOTICES.split("# Licences of the libraries\n")
    assert [(name, len(text)) for name in to_name for text in (chinese, english) if f"| {name} |" not in text] == []


def test_a_library_that_is_not_installed_is_no_library_without_a_licence() -> None:
    with pytest.raises(PackageNotFoundError):
        closure([Requirement("no-library-has-this-name")])
