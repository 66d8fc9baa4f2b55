#!/usr/bin/env python3
"""clang-tidy on the C++ sources that changed: `tidy_changed.py BUILD_DIR [--all | BASE]`.

Changed means: different from BASE, and what git does not know yet. Without BASE it is the commit where this branch left `main`;
on `main` itself the last tag or, without tags, the commit (or merge) before this one. A changed header stands for the source file
beside it. A file that was fine is not read again until it, a header, its compiler options or .clang-tidy change (BUILD_DIR/tidy)."""
import concurrent.futures, hashlib, json, os, pathlib, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.split() if done.returncode == 0 else []


def default_base():
    head = git("rev-parse", "HEAD")
    for main in ("main", "origin/main"):
        fork = git("merge-base", main, "HEAD")
        if fork and fork != head:
            return fork[0]
    released = git("describe", "--tags", "--abbrev=0", "HEAD^")
    before = git("rev-parse", "--verify", "-q", "HEAD^")
    return (released or before or ["HEAD"])[0]  # a clone without history: only what is not committed


def changed_files(base):
    names = git("diff", "--name-only", "--diff-filter=d", base) + git("ls-files", "-o", "--exclude-standard")
    return {name[:-4] + ".cpp" if name.endswith(".hpp") else name for name in names}


def is_ours(name):
    stem = pathlib.Path(name).stem
    return name.startswith("src/") and name.endswith(".cpp") and not stem.endswith("_test") and not stem.startswith("test_")


def main():
    build = ROOT / sys.argv[1]
    scope = sys.argv[2] if len(sys.argv) > 2 else default_base()
    commands = {str(pathlib.Path(c["directory"], c["file"]).resolve()): c.get("command") or str(c.get("arguments"))
                for c in json.loads((build / "compile_commands.json").read_text())}
    names = git("ls-files", "-co", "--exclude-standard", "src") if scope == "--all" else changed_files(scope)
    files = [name for name in sorted(set(names)) if is_ours(name) and str(ROOT / name) in commands]

    common = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    for header in sorted((ROOT / "src").rglob("*.hpp")):
        common.update(header.read_bytes())
    fine = build / "tidy"
    fine.mkdir(exist_ok=True)

    def look(name):
        key = common.copy()
        key.update((ROOT / name).read_bytes() + commands[str(ROOT / name)].encode())
        stamp = fine / key.hexdigest()
        if stamp.exists():
            return ""
        done = subprocess.run(["clang-tidy-19", "-p", str(build), "--quiet", name], cwd=ROOT, capture_output=True, text=True)
        if done.returncode == 0:
            stamp.touch()
            return ""
        return done.stdout.strip() or done.stderr.strip() or f"{name}: clang-tidy failed"

    jobs = int(os.environ.get("JOBS", os.cpu_count()))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        findings = [text for text in pool.map(look, files) if text]
    print("\n".join(findings) or f"tidy: {len(files)} files fine")
    sys.exit(bool(findings))


main()
