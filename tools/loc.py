#!/usr/bin/env python3
"""Sizes: `--check` fails on files over 600 lines, functions over 60 lines and classes over 12 public commands (methods that may
change the object); without it, prints lines per folder."""
import pathlib, re, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE_LINES, FUNCTION_LINES, PUBLIC_COMMANDS = 600, 60, 12
WIDE = {  # class: commands that it may have, and why
    "Peer": 16,  # everything that can happen to one browser: there is nothing to split it by
}


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


def blank(text):
    """Without comments and literals, line by line."""
    keep = lambda m: re.sub(r"[^\n]", " ", m.group()) if m.group()[0] == "/" else '""'
    return re.sub(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', keep, text, flags=re.S)


def public_commands(text):
    """(line, class, commands) of every class: public methods but constructors, operators, factories and `const` ones."""
    text = blank(text)
    for head in re.finditer(r"\b(class|struct)\s+(\w+)(?:\s+final)?(?:\s*:[^;{()]*)?\s*\{", text):
        if re.search(r"enum\s+$", text[:head.start()][-8:]):
            continue
        name, public, count = head[2], head[1] == "struct", 0
        depth = parens = 0
        member = ""
        for c in text[head.end():]:
            if depth == 0:
                if c == "}" and parens == 0:
                    break
                parens += (c == "(") - (c == ")")
                if parens == 0 and c in ";{":
                    access = re.findall(r"\b(public|private|protected)\s*:(?!:)", member)
                    if access:
                        public = access[-1] == "public"
                        member = re.split(r"\b(?:public|private|protected)\s*:(?!:)", member)[-1]
                    count += public and is_command(member, name)
                    member = ""
                else:
                    member += c
            if parens == 0:
                depth += (c == "{") - (c == "}")
        yield text.count("\n", 0, head.start()) + 1, name, count


def is_command(member, name):
    if re.search(r"\boperator\b|=\s*(default|delete)\s*$", member):
        return False
    while member != (member := re.sub(r"<[^<>]*>", "", member)):
        pass
    if re.match(r"\s*(\[\[\w+\]\]\s*)?(static|friend)\b", member) or re.search(r"\)\s*const\b", member):
        return False
    found = re.match(r"[^=(]*?(~?\w+)\s*\(", member)
    return bool(found) and found[1] not in (name, "~" + name) and not re.match(r"\s*(using|typedef|friend|static_assert|requires)\b", member)


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
        for line, name, count in public_commands(text):
            if count > WIDE.get(name, PUBLIC_COMMANDS):
                errors.append(f"{relative}:{line}: {name} has {count} public commands, at most {WIDE.get(name, PUBLIC_COMMANDS)}")
if "--check" in sys.argv:
    print("\n".join(errors) or "sizes: fine")
    sys.exit(bool(errors))
for key, count in sorted(folders.items()):
    print(f"{count:7} {key}")
print(f"{sum(folders.values()):7} total")
