"""Write what is installed as a CycloneDX SBOM, with licences and hashes, from this environment alone.

    .venv/bin/python deploy/sbom.py > sbom.json

https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def sbom() -> dict[str, Any]:
    """Describe what `requirements.txt` pins; what another system installs is told without licence."""
    project = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": {
                "type": "application",
                "name": "contact-sync",
                "version": project[1] if project else "",
                "licenses": [{"license": {"id": "MIT"}}],
            },
        },
        "components": [_component(*pin) for pin in pins()],
    }


def pins() -> list[tuple[str, str, list[str]]]:
    """Read name, version and hashes of each pin."""
    text = (ROOT / "requirements.txt").read_text()
    found = re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[.*?\])?==([^\s;\\]+)(.*?)(?=^\S|\Z)",
        text,
        re.MULTILINE | re.DOTALL,
    )
    return [(name, version, re.findall(r"sha256:(\w+)", rest)) for name, version, rest in found]


def _component(name: str, version: str, hashes: list[str]) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name.lower()}@{version}",
        "hashes": [{"alg": "SHA-256", "content": content} for content in hashes],
    }
    try:
        licence = licence_of(distribution(name))
    except PackageNotFoundError:
        return component
    return {**component, "licenses": [{"license": {"name": licence}}]}


def licence_of(package: Distribution) -> str:
    """Name a licence: as an expression, else as the classifiers say it, else in the author's words."""
    about = package.metadata
    if expression := about.get("License-Expression"):
        return str(expression)
    classifiers = [
        row.rpartition(" :: ")[2]
        for row in about.get_all("Classifier") or []
        if row.startswith("License ::")
    ]
    words = str(about.get("License") or "").strip().partition("\n")[0]
    return " or ".join(classifiers) or words or "unknown"


if __name__ == "__main__":
    json.dump(sbom(), sys.stdout, indent=1)
    sys.stdout.write("\n")
