#!/usr/bin/env python3
"""Fails when a dialect's word appears in the core (docs/architecture.md, 9.3), or when the tree speaks of how it is made."""
import pathlib, re, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORE = ["room", "hub", "link", "store", "cluster", "door"]
DIALECT = re.compile(r"eyeson|sepp|podium|permalink|signalwire|verto|cable", re.IGNORECASE)
# Names that only look like the word: "applicable" is not a cable.
HARMLESS = re.compile(r"applicable|revocable|duplicable|practicable|cacheable", re.IGNORECASE)
# Spelled in pieces, so that this file does not contain what it forbids.
WORKPLACE = re.compile(r"/(wor" r"k|far" r"m)/|/tmp/(studi" r"o|bash_job" r"s|b-)|registry\.npmj" r"s|deb\.debia" r"n\.org")

errors = []
for folder in CORE:
    for path in sorted((ROOT / "src" / folder).rglob("*")):
        if path.suffix not in (".cpp", ".hpp", ".sql", ".md"):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if DIALECT.search(HARMLESS.sub("", line)):
                errors.append(f"{path.relative_to(ROOT)}:{number}: a dialect's word in the core: {line.strip()[:90]}")

files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True).stdout
for name in files.splitlines():
    path = ROOT / name
    if not path.is_file() or path.stat().st_size > 4 << 20:
        continue
    text = path.read_bytes()
    if b"\0" in text:
        continue
    for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), 1):
        if WORKPLACE.search(line):
            errors.append(f"{name}:{number}: speaks of one machine or host: {line.strip()[:90]}")
print("\n".join(errors) or "words: fine")
sys.exit(bool(errors))
