#!/usr/bin/env python3
"""Sizes: `--check` fails on files over 600 and functions over 60 lines; without it, prints lines per folder."""
import pathlib, re, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE_LINES, FUNCTION_LINES = 600, 60


def sources():
    for top, pattern in (("src", "*.[ch]pp"), ("sim", "*.[ch]pp"), ("web/src", "*.ts*"), ("e2e", "*.ts")):
        for path in sorted((ROOT / top).rglob(pattern)):
            if "node_modules" not in path.parts:
                yield path


def function_lengths(text):
    """(first line, length) of every C++ function body that starts at a line ending in `{` and closes at its indentation."""
    lines = text.splitlines()
    for start, line in enumerate(lines):
        if not line.endswith("{") or not re.match(r"^(  |    )?\S.*\)( const)?( noexcept)?( override)?( -> [^{]+)? \{$", line):
            continue
        if re.match(r"^\s*(if|for|while|switch|else|namespace|struct|class|enum|do|TEST|TEST_F|TEST_P)\b", line):
            continue
        indent = re.match(r"\s*", line).group()
        if line.lstrip().startswith(":"):  # the end of a constructor's initializers: its body closes four to the left
            indent = indent[4:]
        for end in range(start + 1, len(lines)):
            if lines[end].startswith(indent + "}"):
                if lines[end] == indent + "}":
                    yield start + 1, end - start - 1
                break


errors, folders = [], {}
for path in sources():
    text = path.read_text()
    count = text.count("\n")
    relative = path.relative_to(ROOT)
    test = re.search(r"(_test|\.test|\.spec)\.", path.name) or path.name.startswith("test_")
    key = str(relative.parent) + (" (tests)" if test else "")
    folders[key] = folders.get(key, 0) + count
    if count > FILE_LINES and not test:
        errors.append(f"{relative}: {count} lines, at most {FILE_LINES}")
    if path.suffix in (".cpp", ".hpp") and not test:
        for line, length in function_lengths(text):
            if length > FUNCTION_LINES:
                errors.append(f"{relative}:{line}: function of {length} lines, at most {FUNCTION_LINES}")
if "--check" in sys.argv:
    print("\n".join(errors) or "sizes: fine")
    sys.exit(bool(errors))
for key, count in sorted(folders.items()):
    print(f"{count:7} {key}")
print(f"{sum(folders.values()):7} total")
