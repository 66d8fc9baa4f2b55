#!/usr/bin/env python3
"""Fails when a folder includes what its layer must not know (docs/architecture.md, 7.1)."""
import pathlib, re, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAYERS = {  # folder: what of ours it may include besides itself
    "base": [],
    "link": ["base"],
    "room": ["base", "link/scene.hpp"],
    "store": ["base", "room"],
    "net": ["base"],
    "door": ["base", "link", "ice/stun_message.hpp", "ice/address.hpp", "ice/tcp_framing.hpp"],
    "hub": ["base", "link", "room", "store/ports.hpp", "store/archive_port.hpp", "store/definitions_port.hpp",
            "store/hooks_port.hpp"],
    "api/eyeson": ["base", "room", "hub", "net"],
    "api/admin": ["base", "room", "hub", "net"],
    "rtp": ["base"], "ice": ["base"], "secure": ["base"], "sctp": ["base"],
    "audio": ["base"], "video": ["base"],
    "sdp": ["base", "rtp"], "cc": ["base", "rtp"],
    "peer": ["base", "rtp", "sdp", "ice", "secure", "sctp", "cc"],
    "engine": ["base", "link", "peer", "rtp", "sdp", "ice", "cc", "audio", "video"],
    "apps/plenum": ["base", "link", "room", "store", "net", "door", "hub", "api", "ice/address.hpp"],
    "apps/plenum_media": ["base", "link", "engine", "peer", "audio", "video", "secure", "sctp", "ice"],
    "apps/plenum_load": ["base", "net", "rtp", "sdp", "ice", "secure", "sctp", "peer", "audio"],
}
THIRD_PARTY = {  # header pattern: places that may include it; what is in no line here may be included nowhere
    r"openssl/": ["secure/", "net/tls.cpp", "net/jwt.cpp", "net/turn_credentials.cpp", "net/signature.cpp", "net/http_server.cpp", "ice/stun_message.cpp",
                  "store/seal.cpp", "store/accounts.cpp"],
    r"boost/(asio|beast)/": ["net/event_loop.cpp", "net/http_server.cpp", "net/websocket.cpp", "net/tls.cpp", "net/any_stream.hpp"],
    r"boost/json": ["base/json"],
    r"boost/(describe|mp11)": ["base/", "link/", "room/", "store/", "hub/"],
    r"curl/": ["net/http_client.cpp", "net/outbound.cpp"], r"sqlite3\.h": ["store/"],
    r"x264\.h|wels/|libyuv|cairo|pango|glib\.h|png\.h|jpeglib\.h|webp/": ["video/"],
    r"vpx/": ["video/", "apps/plenum_load/picture_reader"],
    r"libavcodec/|libavutil/": ["video/av_"],
    r"opus/": ["audio/"],
    r"srtp2/": ["secure/"], r"usrsctp\.h": ["sctp/"],
    r"seccomp\.h|linux/landlock\.h|fontconfig/": ["apps/plenum_media/"],
    r"toml\+\+|CLI/": ["apps/"],
    r"spdlog/": ["base/log.cpp"],
    r"fmt/": [""],  # everywhere
}
# The standard library and the kernel's interface belong to everybody.
SYSTEM = re.compile(r"[a-z_0-9]+$|c?(std|signal)[a-z]*\.h$|(sys|netinet|arpa|net|linux)/[\w./]+\.h$"
                    r"|[a-z]mmintrin\.h$|(unistd|fcntl|poll|spawn|sched|pthread|ifaddrs|dirent|grp|pwd|netdb|errno|time)\.h$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folder_of(path):
    parts = path.relative_to(ROOT / "src").parts
    return "/".join(parts[:2]) if parts[0] in ("api", "apps") else parts[0]


def ours_allowed(folder, included):
    if included.startswith(folder + "/"):
        return True
    return any(included == a or included.startswith(a + "/") for a in LAYERS.get(folder, []))


def check(path, errors):
    folder = folder_of(path)
    relative = str(path.relative_to(ROOT / "src"))
    if folder not in LAYERS:
        errors.append(f"src/{relative}: folder '{folder}' has no layer in tools/check_layers.py")
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, name = match.groups()
        if quote == '"' and (ROOT / "src" / name).exists() and not ours_allowed(folder, name):
            errors.append(f"src/{relative}:{number}: {folder} may not include {name}")
        if quote == '"' and not (ROOT / "src" / name).exists() and not (ROOT / name).exists():
            errors.append(f"src/{relative}:{number}: include '{name}' is not written from src/")
        if quote == "<":
            check_third_party(relative, number, name, errors)


def check_third_party(relative, number, name, errors):
    for pattern, places in THIRD_PARTY.items():
        if re.match(pattern, name):
            if not any(relative.startswith(place) for place in places):
                errors.append(f"src/{relative}:{number}: <{name}> belongs to {', '.join(places)}")
            return
    if not SYSTEM.match(name):
        errors.append(f"src/{relative}:{number}: <{name}> has no place in tools/check_layers.py")


errors = []
for path in sorted((ROOT / "src").rglob("*.[ch]pp")):
    # Tests may use the real neighbour or library to check against; what they test may not.
    if not (path.stem.endswith("_test") or path.stem.startswith("test_")):
        check(path, errors)
print("\n".join(errors) or "layers: fine")
sys.exit(bool(errors))
