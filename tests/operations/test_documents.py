"""What the documents say is so: commands exist, settings are read, sentences are printed, links lead."""

from __future__ import annotations

import ast
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import metadata
from pathlib import Path

import pytest
import yaml
from django.contrib.auth.models import User
from django.core.management import call_command, get_commands, load_command_class

from contacts_sync.models import Contact

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md", ROOT / "deploy" / "README.md"])
COMMANDS = [
    (page.name, line.strip().partition("  #")[0])
    for page in PAGES
    for line in page.read_text().splitlines()
    if line.startswith("    ")
]


def ids(value):
    return value if isinstance(value, str) else None


@pytest.mark.parametrize(
    ("page", "line"), [one for one in COMMANDS if "manage.py" in one[1]], ids=ids
)
def test_each_command_of_ours_exists_and_takes_its_options(page, line):
    words = shlex.split(line[line.index("manage.py") :])[1:]
    if words[0] in ("help", "shell"):
        return

    app = get_commands()[words[0]]
    command = app if not isinstance(app, str) else load_command_class(app, words[0])

    parser = command.create_parser("manage.py", words[0])
    if "--help" not in words:
        parser.parse_args(words[1:])


ELSEWHERE = {
    "benchmark",  # at a size that a test can wait for: tests/commands
    "check",
    "migrate",
    "collectstatic",
    "createsuperuser",
    "demo",
    "qcluster",
    "help",
    "shell",
    "test",
}
"""Carried out by other tests, by every test, or by hand (deploy/README.md)."""


@pytest.mark.django_db
def test_the_commands_of_the_documents_are_carried_out_one_after_the_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("contacts.csv").write_text("First Name,Last Name,E-mail Address\nA,B,anna@example.com\n")
    User.objects.create_user("bob", "bob@firm.example")
    done = []
    for page, line in COMMANDS:
        words = shlex.split(line[line.index("manage.py") :])[1:] if "manage.py" in line else []
        if not words or page == "README.md" or words[0] in ELSEWHERE or "--help" in words:
            continue
        call_command(*words, stdout=io.StringIO(), stderr=io.StringIO())
        done.append(words[0])

    assert set(done) >= {
        "import_contacts", "rotate_token_keys", "sync_contacts", "purge", "support_bundle",
        "export_person", "erase_person",
    }  # fmt: skip
    assert Contact.objects.alive().count() == 0
    assert not User.objects.filter(email="bob@firm.example").exists()


def test_every_other_command_is_one_that_was_looked_at():
    known = {
        "apt-get", "cd", "cp", "curl", "docker", "git", "make", "python3", "set", "su", "systemctl",
        "useradd", ".venv/bin/pip", ".venv/bin/python", ".venv/bin/gunicorn",
    }  # fmt: skip

    assert {line.split()[0] for _page, line in COMMANDS if line} <= known


def test_the_lines_that_make_keys_make_keys():
    makers = [line for _page, line in COMMANDS if line.startswith(".venv/bin/python -c")]

    made = [
        subprocess.run(
            shlex.split(line), cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()
        for line in makers
    ]

    assert len(made) == 2
    assert len(made[0]) > 50
    assert len(made[1]) == 44


def read_by_the_settings():
    text = (ROOT / "syncsite/settings.py").read_text() + (
        ROOT / "deploy/gunicorn.conf.py"
    ).read_text()
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and node.args]
    names = {ast.unparse(call.func) for call in calls}
    assert "env.str" in names
    readers = {"env.str", "env.bool", "_list", "_number", "_secret", "_needed", "os.environ.get"}
    return {
        call.args[0].value
        for call in calls
        if ast.unparse(call.func) in readers and isinstance(call.args[0], ast.Constant)
    }


SERVING = {"BIND", "WEB_PROCESSES", "WEB_THREADS", "FORWARDED_ALLOW_IPS"}
"""Settings of gunicorn, which say themselves what they are."""


def test_the_readme_lists_every_setting_and_no_other():
    rows = re.findall(r"^\| (`[^|]+) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}

    assert told == read_by_the_settings() - SERVING


@pytest.mark.parametrize("path", ["deploy/contact-sync.env.example", "deploy/compose.yaml"])
def test_the_examples_set_nothing_that_nobody_reads(path):
    text = (ROOT / path).read_text()
    named = set(re.findall(r"^\s*([A-Z][A-Z_]+)(?:=|: )", text, re.MULTILINE))

    assert named <= read_by_the_settings() | {
        "SITE", "POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD"
    }  # fmt: skip


def test_each_setting_a_page_names_is_read():
    known = read_by_the_settings() | {"HTTPS_PROXY", "REQUESTS_CA_BUNDLE", "Q_CLUSTER"}
    named = {
        (page.name, name)
        for page in PAGES
        for name in re.findall(r"`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`", page.read_text())
    }

    assert sorted(one for one in named if one[1] not in known) == []


def test_each_sentence_that_is_explained_is_said_somewhere():
    page = (ROOT / "docs/troubleshooting.md").read_text()
    sentences = re.findall(r"^\| ([^|]+) \| ", page, re.MULTILINE)[1:]
    said = "\n".join(
        path.read_text()
        for folder, kind in (("contacts_sync", "py"), ("syncsite", "py"), ("templates", "html"))
        for path in (ROOT / folder).rglob(f"*.{kind}")
    )
    # A sentence may run over several literals and lines.
    said = re.sub(r"[\"']\s*\n\s*(?:f|rf)?[\"']", "", said)
    said = re.sub(r"\s+", " ", said)

    missing = [one for one in sentences if one.strip(" -") and re.sub(r"\s+", " ", one) not in said]

    assert [one for one in missing if not set(one) <= {"-", " "}] == []


def test_links_lead_to_files_that_are_there():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_files_and_tests_that_are_named_are_there():
    for page in PAGES:
        for name in re.findall(
            r"`((?:tests|deploy|contacts_sync|syncsite)/[\w./]+)`", page.read_text()
        ):
            assert (ROOT / name).exists(), f"{page.name}: {name}"


def test_every_library_has_a_reason_and_its_licence_is_the_one_it_names():
    page = (ROOT / "docs/dependencies.md").read_text()
    wanted = re.findall(r"^([A-Za-z][\w-]*)", (ROOT / "requirements.in").read_text(), re.MULTILINE)

    for name in wanted:
        row = re.search(rf"^\| [^|]*\b{re.escape(name)}\b[^|]*\| ([^|]+) \| \S", page, re.MULTILINE)
        assert row, f"docs/dependencies.md gives no reason for {name}"
        about = metadata(name)
        licence = " ".join(
            [about.get("License-Expression") or "", (about.get("License") or "")[:200],
             *[c for c in about.get_all("Classifier") or [] if "License" in c]]
        )  # fmt: skip
        kinds = [kind for kind in ("MIT", "BSD", "Apache", "LGPL") if kind in row[1]]
        found = licence.replace("Lesser General Public", "LGPL").replace("GNU L", "LGPL L")
        assert any(kind.casefold() in found.casefold() for kind in kinds), f"{name}: {licence}"


# --- deploy/


def test_the_compose_file_and_the_image_name_what_exists():
    compose = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()

    assert set(compose["services"]) == {"migrate", "web", "worker", "database", "proxy"}
    assert compose["services"]["worker"]["stop_grace_period"] == "5m"
    for source in re.findall(r"^COPY (?!--from)(\S+) ", dockerfile, re.MULTILINE):
        assert (ROOT / source).exists()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_the_units_are_well_formed(tmp_path):
    program = tmp_path / "program"
    program.touch(0o755)
    for unit in (ROOT / "deploy/systemd").glob("*.service"):
        text = re.sub(r"/opt/contact-sync/\.venv/bin/\w+", str(program), unit.read_text())
        (tmp_path / unit.name).write_text(text.replace("/opt/contact-sync", str(tmp_path)))

        checked = subprocess.run(
            ["systemd-analyze", "verify", tmp_path / unit.name],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

        assert unit.name not in checked.stderr, checked.stderr


def test_the_bill_of_materials_names_every_pin_with_hashes_and_licence():
    made = json.loads(
        subprocess.run(
            [sys.executable, "deploy/sbom.py"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
    )

    pinned = re.findall(
        r"^([A-Za-z0-9._-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE
    )
    parts = {part["name"]: part for part in made["components"]}
    assert set(pinned) <= set(parts)
    assert all(part["hashes"] for part in parts.values())
    licences = {
        name: part["licenses"][0]["license"]["name"]
        for name, part in parts.items()
        if "licenses" in part
    }
    assert len(licences) > 30
    assert "unknown" not in licences.values()
