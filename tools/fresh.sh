#!/usr/bin/env bash
# Proves what the README promises on a fresh Debian 12: `./dev fresh`.
#
# Makes a minimal bookworm (main and security only) with debootstrap, clones the last commit into it, starts `./dev run`
# there, checks that the meeting page and the API answer, stops it, and runs `./dev test fast`. Needs root, debootstrap, git,
# curl, some 10 GB of disk and the ports 8080, 8081 and 10000; takes about an hour on two cores. Everything is deleted at the
# end; KEEP=1 leaves the tree for a look. The package mirror is the one of this machine; MIRROR=URL names another. For a
# repetition that does not compile everything again, COMPILER_CACHE=DIR lends it this machine's ccache folder: then ccache is
# one package more than a fresh machine has.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT
readonly PAGE_WAIT_MINUTES=${PAGE_WAIT_MINUTES:-120}

say() { printf '\033[1m%s\033[0m\n' "$*"; }
die() { printf 'fresh: %s\n' "$*" >&2; exit 1; }

[ "$(id -u)" -eq 0 ] || die "needs root (debootstrap, chroot, mount)"
for tool in debootstrap git curl chroot mount unshare; do
  command -v "$tool" >/dev/null || die "needs $tool (apt-get install $tool)"
done

# In a mount namespace of our own: whatever happens, no mount of ours stays on this machine.
if [ "${FRESH_IN_NAMESPACE:-}" != 1 ]; then
  exec env FRESH_IN_NAMESPACE=1 unshare --mount --propagation private "${BASH_SOURCE[0]}" "$@"
fi

# The URIs of this machine's package sources for a suite with component main: one-line and deb822 files.
apt_uris() ( # apt_uris SUITE
  shopt -s nullglob
  local lines=(/dev/null /etc/apt/sources.lis[t] /etc/apt/sources.list.d/*.list) # a pattern: it may be missing
  sed -nE 's/^[[:space:]]*deb[[:space:]]+(\[[^]]*\][[:space:]]+)?/deb /p' "${lines[@]}" |
    awk -v suite="$1" '$3 == suite && / main( |$)/ { print $2 }'
  local stanzas=(/dev/null /etc/apt/sources.list.d/*.sources)
  awk -v suite="$1" '
    function flush(  n, i, wanted, words) {
      n = split(suites, words, " "); wanted = 0
      for (i = 1; i <= n; ++i) if (words[i] == suite) wanted = 1
      if (wanted && (" " types " ") ~ / deb / && (" " components " ") ~ / main / && enabled != "no") {
        n = split(uris, words, " "); for (i = 1; i <= n; ++i) print words[i]
      }
      types = uris = suites = components = enabled = ""
    }
    FNR == 1 || /^[[:space:]]*$/ { flush() }
    /^#/ { next }
    { key = tolower($1); value = $0; sub(/^[^:]*:[[:space:]]*/, "", value) }
    key == "types:" { types = value }
    key == "uris:" { uris = value }
    key == "suites:" { suites = value }
    key == "components:" { components = value }
    key == "enabled:" { enabled = tolower(value) }
    END { flush() }' "${stanzas[@]}"
)

busy() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

mirror=${MIRROR:-$(apt_uris bookworm | sed -n 1p)}
security=$(apt_uris bookworm-security | sed -n 1p)
[ -n "$mirror" ] || die "no source for bookworm main in /etc/apt; name a mirror with MIRROR=URL"
for port in 8080 8081 10000; do
  if busy "$port"; then die "port $port is in use: stop what listens there, or it would be proved instead"; fi
done
git -C "$ROOT" rev-parse -q --verify HEAD >/dev/null || die "$ROOT has no commit yet"
[ -z "$(git -C "$ROOT" status --porcelain)" ] || say "Note: what is not committed is not proved."

TARGET=$(realpath "$(mktemp -d "${TMPDIR:-/var/tmp}/plenum-fresh.XXXXXX")")
readonly TARGET
chmod 755 "$TARGET" # its root folder, through which every user in there must get
server=
cleanup() {
  local status=$?
  trap - EXIT INT TERM
  if [ -n "$server" ]; then stop_server || true; fi
  local pid
  for pid in /proc/[0-9]*; do # what still runs inside the tree is ours
    case "$(readlink "$pid/root" 2>/dev/null || true)" in "$TARGET") kill -KILL "${pid#/proc/}" 2>/dev/null || true ;; esac
  done
  for mounted in dev sys proc root/.cache/ccache; do umount --recursive --lazy "$TARGET/$mounted" 2>/dev/null || true; done
  if grep -q " $TARGET/" /proc/self/mounts; then
    printf 'fresh: %s still has mounts, not deleted\n' "$TARGET" >&2
  elif [ "${KEEP:-}" = 1 ]; then
    say "Kept: $TARGET"
  else
    rm -rf --one-file-system "$TARGET"
  fi
  exit "$status"
}
stop_server() { # the whole line chroot → env → dev → plenum is one process, by exec
  kill -TERM "$server" 2>/dev/null || true
  local until=$((SECONDS + 30))
  while kill -0 "$server" 2>/dev/null && [ "$SECONDS" -lt "$until" ]; do sleep 0.5; done
  kill -KILL "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# What this machine needs to reach packages, and nothing else: proxies, certificates, the npm registry.
environment=(HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
  [ -n "${!name:-}" ] && environment+=("$name=${!name}")
done
registry=$(npm config get registry 2>/dev/null || true)
case "$registry" in http*) environment+=("npm_config_registry=$registry") ;; esac
apt_proxy=$(apt-config shell proxy Acquire::http::Proxy 2>/dev/null | sed -n "s/^proxy='\(.*\)'$/\1/p")

inside() { chroot "$TARGET" /usr/bin/env -i "${environment[@]}" "$@"; }

say "1/6 A minimal Debian 12 in $TARGET"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
options=(--variant=minbase --include=ca-certificates)
[ -f "$keyring" ] && options+=("--keyring=$keyring")
env ${apt_proxy:+http_proxy="$apt_proxy"} debootstrap "${options[@]}" bookworm "$TARGET" "$mirror" >"$TARGET.log" 2>&1 ||
  { tail -20 "$TARGET.log" >&2; rm -f "$TARGET.log"; die "debootstrap failed"; }
rm -f "$TARGET.log"
{
  printf 'deb %s bookworm main\n' "$mirror"
  [ -n "$security" ] && printf 'deb %s bookworm-security main\n' "$security"
} >"$TARGET/etc/apt/sources.list"
[ -n "$apt_proxy" ] && printf 'Acquire::http::Proxy "%s";\n' "$apt_proxy" >"$TARGET/etc/apt/apt.conf.d/90proxy"
cp -L /etc/resolv.conf "$TARGET/etc/resolv.conf" 2>/dev/null || true
cp /etc/hosts "$TARGET/etc/hosts" 2>/dev/null || true
if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
  cp /usr/local/share/ca-certificates/*.crt "$TARGET/usr/local/share/ca-certificates/"
  environment+=(NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt)
fi
printf '#!/bin/sh\nexit 101\n' >"$TARGET/usr/sbin/policy-rc.d" && chmod 755 "$TARGET/usr/sbin/policy-rc.d" # no daemons
mount -t proc proc "$TARGET/proc"
for bound in dev sys; do
  mount --rbind "/$bound" "$TARGET/$bound"
  mount --make-rslave "$TARGET/$bound"
done
inside update-ca-certificates >/dev/null 2>&1 || true
say "    Debian $(cat "$TARGET/etc/debian_version"), $(inside dpkg-query -f '.\n' -W | wc -l) packages"

if [ -n "${COMPILER_CACHE:-}" ]; then
  say "    with the compiler cache of $COMPILER_CACHE"
  inside /bin/bash -c 'apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends ccache' \
    >/dev/null 2>&1
  mkdir -p "$TARGET/root/.cache/ccache"
  mount --bind "$COMPILER_CACHE" "$TARGET/root/.cache/ccache"
  environment+=(CCACHE_DIR=/root/.cache/ccache CCACHE_BASEDIR=/root CCACHE_NOHASHDIR=1)
fi

say "2/6 Cloning $(git -C "$ROOT" rev-parse --short HEAD)"
git clone --quiet --no-hardlinks "$ROOT" "$TARGET/root/plenum"

say "3/6 ./dev run (installs, builds, serves; its output follows)"
log="$TARGET/root/run.log"
: >"$log"
chroot "$TARGET" /usr/bin/env -i "${environment[@]}" /bin/bash -c 'cd /root/plenum && exec ./dev run' >"$log" 2>&1 &
server=$!
began=$SECONDS
shown=0
show_log() { # what is new since the last call; the API key of this throw-away server may be seen
  local size
  size=$(stat -c %s "$log")
  tail -c "+$((shown + 1))" "$log" | head -c "$((size - shown))" || true # tail may have seen more than size
  shown=$size
}
until curl -fsS -o /dev/null http://127.0.0.1:8080/ 2>/dev/null && grep -q 'API key' "$log"; do
  show_log
  kill -0 "$server" 2>/dev/null || { show_log; die "./dev run ended before it served"; }
  [ $((SECONDS - began)) -lt $((PAGE_WAIT_MINUTES * 60)) ] || die "./dev run does not serve after $PAGE_WAIT_MINUTES minutes"
  sleep 5
done
sleep 1
show_log
minutes=$(((SECONDS - began + 59) / 60))

say "4/6 The API and the page"
key=$(sed -n 's/^ *API key (shown this once): *//p' "$log" | sed -n 1p)
[ -n "$key" ] || die "./dev run printed no API key"
grep -q '  Your meeting, as host: ' "$log" || die "./dev run printed no meeting link"
status=$(curl -sS -o "$TARGET/root/room.json" -w '%{http_code}' -H "Authorization: $key" -d 'id=fresh' \
  --data-urlencode 'user[name]=Fresh' http://127.0.0.1:8080/rooms)
[ "$status" = 201 ] || die "POST /rooms answered $status: $(head -c 300 "$TARGET/root/room.json")"
link=$(sed -n 's/.*"gui":"\([^"]*\)".*/\1/p' "$TARGET/root/room.json")
[ -n "$link" ] || die "the answer of POST /rooms has no links.gui"
page=$(curl -fsS "$link") || die "$link does not answer"
[[ "$page" == *"<title>Plenum</title>"* ]] || die "$link is not the meeting page"
script=$(sed -n 's/.*src="\.\/\(assets\/[^"]*\.js\)".*/\1/p' <<<"$page" | sed -n 1p)
[ -n "$script" ] || die "the meeting page names no script"
curl -fsS -o /dev/null "http://127.0.0.1:8080/$script" || die "the meeting page's script is missing"
[[ "$(curl -fsS http://127.0.0.1:8081/readyz)" == *'"ready"'* ]] || die "/readyz is not ready"
access=$(sed -n 's/.*"access_key":"\([^"]*\)".*/\1/p' "$TARGET/root/room.json")
[ "$(curl -sS -o /dev/null -w '%{http_code}' -X DELETE "http://127.0.0.1:8080/rooms/$access")" = 204 ] ||
  die "DELETE /rooms/:access_key did not end the meeting"
nodejs=$(inside node --version)
stop_server

say "5/6 ./dev test fast"
inside /bin/bash -c 'cd /root/plenum && ./dev test fast'

say "6/6 Proved on Debian $(cat "$TARGET/etc/debian_version") with Node $nodejs, nothing installed before:"
cat <<TXT
  ./dev run        installed, built and served in $minutes minutes; printed a key and a meeting link
  POST /rooms      201, and links.gui is the meeting page with its script
  DELETE /rooms    204
  ./dev test fast  lint, unit tests and page tests pass
Not proved here: browsers (./dev test runs them) and media.
TXT
