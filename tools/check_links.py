#!/usr/bin/env python3
"""Documents must be true about the tree. Fails on

- a relative link in a *.md file that leads nowhere (file or heading);
- a link whose text is a code name, `Room::function`, when the linked file does not contain that name;
- a source file named in docs/architecture.md or docs/adr/ that does not exist, unless a dagger says that it is planned
  (`engine/trunk.cpp`†), and a dagger on a file that does exist;
- a setting or a metric that docs/operations.md does not know, or that is only there;
- a test named in docs/compatibility-*.md that does not exist."""
import pathlib, re, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]*(?:\([^()]*\))?[^()\s]*)\)")
CODE_NAME = re.compile(r"^`(?:[\w~]+::)*(~?\w+)(?:\(\))?`$")
TOPS = ("src", "sim", "bench", "tests", "fuzz", "e2e", "web", "deploy", "tools", "docs")
PLACED = re.compile(r"`([a-z_]+(?:/[\w.-]+)*/[\w-]+\.(?:cpp|hpp|py|ts|md|toml|json))`(†?)")


def prose(text):
    """Without fenced blocks, line by line, so that line numbers stay."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            inside = not inside
        elif not inside:
            yield number, line


def headings(path):
    """Anchors as code hosts make them: lower case, punctuation dropped, spaces to hyphens."""
    found, seen = set(), {}
    for _, line in prose(path.read_text()):
        match = re.match(r"#{1,6}\s+(.*?)\s*#*$", line)
        if match:
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", match[1]).lower()
            slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
            found.add(slug if slug not in seen else f"{slug}-{seen[slug]}")
            seen[slug] = seen.get(slug, 0) + 1
    return found


def check_link(path, number, text, target, errors):
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return
    where = f"{path.relative_to(ROOT)}:{number}"
    name, _, anchor = target.partition("#")
    file = (path.parent / name).resolve() if name else path
    if not file.is_relative_to(ROOT) or not file.exists():
        errors.append(f"{where}: dead link {target}")
        return
    if anchor and file.suffix == ".md" and anchor not in headings(file):
        errors.append(f"{where}: no heading #{anchor} in {file.relative_to(ROOT)}")
    code = CODE_NAME.match(text)
    if code and file.is_file() and file.suffix != ".md" and not re.search(rf"\b{code[1]}\b", file.read_text()):
        errors.append(f"{where}: {file.relative_to(ROOT)} does not mention {code[1]}")


def check_placed(path, number, line, errors):
    for name, dagger in PLACED.findall(line):
        base = ROOT if name.split("/")[0] in TOPS else ROOT / "src"
        there = (base / name).exists() or (ROOT / "src" / name).exists()
        if there == bool(dagger):
            what = "exists, but the dagger says planned" if there else "does not exist (planned ones carry a dagger)"
            errors.append(f"{path.relative_to(ROOT)}:{number}: {name} {what}")


def check_operations(errors):
    """The tables of docs/operations.md against the code."""
    text = (ROOT / "docs" / "operations.md").read_text()
    config = (ROOT / "src" / "apps" / "plenum" / "config.cpp").read_text()
    code = ""
    for path in (ROOT / "src").rglob("*.[ch]pp"):
        if not path.stem.endswith("_test") and not path.stem.startswith("test_"):
            code += re.sub(r"//[^\n]*", "", path.read_text())
    for what, real, told in (
            ("setting", set(re.findall(r'setting\("([\w.]+)"', config)),
             set(re.findall(r"^\| `(\w+\.\w+)` \|", text.split("## Settings")[1].split("\n## ")[0], re.MULTILINE))),
            ("metric", set(re.findall(r'"(plenum_[a-z0-9_]+)"', code)), set(re.findall(r"`(plenum_[a-z0-9_]+)`", text)))):
        errors += [f"docs/operations.md: {what} {name} is missing" for name in sorted(real - told)]
        errors += [f"docs/operations.md: there is no {what} {name}" for name in sorted(told - real)]


def check_tests(errors):
    """`Suite.name` is a unit test, `x.spec: words` an end-to-end test whose title begins with these words."""
    units, titles = set(), {}
    for top in ("src", "sim", "tests"):
        for path in (ROOT / top).rglob("*_test.cpp"):
            units.update(f"{suite}.{name}" for suite, name in re.findall(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", path.read_text()))
    for path in (ROOT / "e2e").glob("[tc]*/*.spec.ts"):
        titles[path.name[:-3]] = re.findall(r"\btest(?:\.describe)?\(\s*['`](.*?)['`$]", path.read_text())
    for path in sorted((ROOT / "docs").glob("compatibility-*.md")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            where = f"{path.relative_to(ROOT)}:{number}"
            for spec, words in re.findall(r"`(\w+\.spec): ([^`]+)`", line):
                if not any(title.startswith(words) for title in titles.get(spec, [])):
                    errors.append(f"{where}: no test '{words}…' in e2e/tests/{spec}.ts")
            for name in re.findall(r"`([A-Z]\w+\.\w+)`", line):
                if name not in units and name != "Suite.name":
                    errors.append(f"{where}: there is no test {name}")


def main():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True,
                            text=True, check=True).stdout.split("\n")
    errors, links = [], 0
    for path in sorted(ROOT / name for name in listed if name and (ROOT / name).is_file()):
        living = path.is_relative_to(ROOT / "docs" / "adr") or path == ROOT / "docs" / "architecture.md"
        for number, line in prose(path.read_text()):
            for text, target in LINK.findall(line):
                links += 1
                check_link(path, number, text, target, errors)
            if living:
                check_placed(path, number, line, errors)
    check_operations(errors)
    check_tests(errors)
    print("\n".join(errors) or f"links: {links} fine")
    sys.exit(bool(errors))


main()
