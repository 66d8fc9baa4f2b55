#!/usr/bin/env python3
"""House rules that grep can see (docs/architecture.md, 8): no mutex outside base/, no blocking call in hub/ and api/, no NOLINT
without a reason, no pattern names, header comments, open points with an issue, secrets in no text."""
import pathlib, re, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MUTEX_ALLOWED = {  # file: why
    "video/text.cpp": "Pango's font map is shared by the codec threads",
}
MUTEX = re.compile(r"\b(std::(recursive_|shared_|timed_|recursive_timed_)?mutex|std::condition_variable(_any)?|pthread_mutex_t)\b")
# The core thread serves everybody: what waits belongs to a thread of its own.
BLOCKING = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|getaddrinfo|gethostbyname|popen|std::system|std::async|std::(shared_)?future)\b")
PATTERN_NAMES = re.compile(r"\b(?:class|struct)\s+\w*(?:Manager|Helper|Utils?|Impl)\b|\b(?:class|struct)\s+I[A-Z][a-z]")
PATTERN_FILES = re.compile(r"(^|_)(manager|helpers?|utils?|impl|common|misc)(_|$)")
OPEN_POINT = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b(?!\(#\d+\))")
# `reveal()` is the only way out of a Secret: its result must not flow into text that somebody reads.
TOLD = re.compile(r"(?:\blog::(?:trace|debug|info|warn|error)|\bfail|\.(?:counter|gauge|histogram|context)|\bfmt::(?:format|print))\("
                  r"[^;]*\breveal\(\)")


def is_test(path):
    return path.stem.endswith("_test") or path.stem.startswith("test_")


def check_code(path, relative, text, errors):
    outside = not relative.startswith("base/") and relative not in MUTEX_ALLOWED and not is_test(path)
    if outside and MUTEX.search(text):
        errors.append(f"src/{relative}: {MUTEX.search(text)[0]} outside base/")
    if path.suffix == ".hpp" and not text.startswith("//"):
        errors.append(f"src/{relative}: a header opens with its purpose, owner and thread")
    if PATTERN_FILES.search(path.stem):
        errors.append(f"src/{relative}: names come from the meeting room, not from patterns")
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"NOLINT(?!\w*\([\w,-]+\):)", line):
            errors.append(f"src/{relative}:{number}: NOLINT needs a check and a reason: NOLINT(check): why")
        if PATTERN_NAMES.search(line):
            errors.append(f"src/{relative}:{number}: names come from the meeting room, not from patterns: {line.strip()}")
        if re.match("(hub|api)/", relative) and not is_test(path) and BLOCKING.search(line.split("//")[0]):
            errors.append(f"src/{relative}:{number}: the core thread must not wait: {line.strip()}")
    if not is_test(path):
        for statement in re.finditer(r"[^;{}]+;", text):
            if TOLD.search(statement[0]):
                line = text.count("\n", 0, statement.end()) + 1
                errors.append(f"src/{relative}:{line}: a revealed secret in a text: {' '.join(statement[0].split())[:80]}")


errors = []
for path in sorted((ROOT / "src").rglob("*.[ch]pp")):
    check_code(path, str(path.relative_to(ROOT / "src")), path.read_text(), errors)
for top, pattern in (("src", "*.[ch]pp"), ("sim", "*.[ch]pp"), ("tests", "*.[ch]pp"), ("bench", "*.[ch]pp"), ("fuzz", "*.[ch]pp"),
                     ("web/src", "*.ts*"), ("e2e", "*.ts"), ("tools", "*.py")):
    for path in sorted((ROOT / top).rglob(pattern)):
        if "node_modules" in path.parts:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if OPEN_POINT.search(line):
                errors.append(f"{path.relative_to(ROOT)}:{number}: TO" f"DO needs an issue number: TO" f"DO(#7)")
for folder in sorted({p.parent for p in (ROOT / "src").rglob("*.cpp")}):
    readme = folder / "README.md"
    if not readme.exists():
        errors.append(f"{folder.relative_to(ROOT)}: no README.md")
    elif len(readme.read_text().splitlines()) > 40:
        errors.append(f"{readme.relative_to(ROOT)}: longer than a page")
print("\n".join(errors) or "rules: fine")
sys.exit(bool(errors))
