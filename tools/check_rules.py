#!/usr/bin/env python3
"""House rules that grep can see: no mutex outside base/, no NOLINT without a reason, no pattern names, header comments."""
import pathlib, re, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MUTEX_ALLOWED = {  # file: why
    "video/text.cpp": "Pango's font map is shared by the codec threads",
}
PATTERN_NAMES = re.compile(r"\b(?:class|struct)\s+\w*(?:Manager|Helper|Utils?|Impl)\b|\b(?:class|struct)\s+I[A-Z][a-z]")

errors = []
for path in sorted((ROOT / "src").rglob("*.[ch]pp")):
    relative = str(path.relative_to(ROOT / "src"))
    text = path.read_text()
    if not relative.startswith("base/") and relative not in MUTEX_ALLOWED and "_test" not in path.stem and \
            not path.stem.startswith("test_") and re.search(r"std::(recursive_|shared_)?mutex\b", text):
        errors.append(f"src/{relative}: std::mutex outside base/")
    if path.suffix == ".hpp" and not text.startswith("//"):
        errors.append(f"src/{relative}: a header opens with its purpose, owner and thread")
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"NOLINT(?!\w*\([\w,-]+\):)", line):
            errors.append(f"src/{relative}:{number}: NOLINT needs a check and a reason: NOLINT(check): why")
        if PATTERN_NAMES.search(line) and "any_stream" not in relative:
            errors.append(f"src/{relative}:{number}: names come from the meeting room, not from patterns: {line.strip()}")
        if re.search(r"\b(TODO|FIXME)\b(?!\(#\d+\))", line):
            errors.append(f"src/{relative}:{number}: TODO needs an issue number")
for folder in sorted({p.parent for p in (ROOT / "src").rglob("*.cpp")}):
    readme = folder / "README.md"
    if not readme.exists():
        errors.append(f"{folder.relative_to(ROOT)}: no README.md")
    elif len(readme.read_text().splitlines()) > 40:
        errors.append(f"{readme.relative_to(ROOT)}: longer than a page")
print("\n".join(errors) or "rules: fine")
sys.exit(bool(errors))
