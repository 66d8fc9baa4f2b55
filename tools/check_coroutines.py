#!/usr/bin/env python3
"""A co_await stands alone, with named arguments, and only in three files of net/ (docs/architecture.md, 8.4)."""
import pathlib, re, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLACES = {"net/http_server.cpp", "net/websocket.cpp", "net/tls.cpp"}
ALONE = re.compile(
    r"^\s*(?:(?:const )?auto(?:&&?)? (?:\w+|\[[\w, ]+\]) = |\w+ = )?co_await ([\w.:>-]+)(<[\w:, ]+>)?(?:\(([^(){}\[\]]*)\))?(?:\.\w+\(\))?;$")

errors = []
for path in sorted((ROOT / "src").rglob("*.[ch]pp")):
    relative = str(path.relative_to(ROOT / "src"))
    text = re.sub(r"//[^\n]*", "", path.read_text())
    if not re.search(r"\bco_(await|return|yield)\b", text):
        continue
    if relative not in PLACES:
        errors.append(f"src/{relative}: coroutines live only in {', '.join(sorted(PLACES))}")
    for statement in re.split(r"(?<=[;{}])", text):
        flat = " ".join(statement.split())
        if "co_await" in flat and not ALONE.match(flat):
            errors.append(f"src/{relative}: a co_await must stand alone with named arguments: {flat[:100]}")
print("\n".join(errors) or "coroutines: fine")
sys.exit(bool(errors))
