# shellcheck shell=bash
# Sourced by the scripts: makes .venv from a lock and says what it does, on standard error.
#
#   ensure_environment product   what `fundtrace` needs to run (requirements.txt)
#   ensure_environment dev       that, and what the checks need (requirements-dev.txt)
#   ensure_environment bench     the product, and the peers that benchmarks compare it with
#                                (requirements-bench.txt); takes nothing away
#
# It keeps these rules. A stamp in .venv names lock, pyproject.toml and place; where it fits,
# nothing is done. .venv holds the file "incomplete" from the first change to the last, so that
# a run that was cut short is recognised, and its .venv made again. Two runs at once wait for
# each other. The product never takes development packages away: their lock is a superset.
# FUNDTRACE_PYTHON names the Python to use, where it should not be found.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
venv="$root/.venv"

say() { printf 'fundtrace: %s\n' "$*" >&2; }

die() {
    say "$@"
    exit 3
}

hash_stdin() {
    if command -v sha256sum > /dev/null; then sha256sum; else shasum -a 256; fi | cut -c1-16
}

# lock_of KIND: the name of its lock.
lock_of() { if [ "$1" = product ]; then echo requirements.txt; else echo "requirements-$1.txt"; fi; }

# stamp_of KIND: the file whose presence says that .venv is as that kind wants it.
stamp_of() {
    local lock="$root/$(lock_of "$1")"
    printf '%s/.fundtrace-%s-%s' "$venv" "$1" \
        "$({ printf '%s\n' "$root"; cat "$lock" "$root/pyproject.toml"; } | hash_stdin)"
}

is_ready() {
    [ ! -e "$venv/incomplete" ] || return 1
    [ -e "$(stamp_of "$1")" ] || { [ "$1" = product ] && has_stamp; } || return 1
    "$venv/bin/python" -c 'import fundtrace' 2> /dev/null
}

# has_stamp: .venv is as some kind wants it, so as the product does: the other locks contain it.
has_stamp() { [ -e "$(stamp_of product)" ] || [ -e "$(stamp_of dev)" ] || [ -e "$(stamp_of bench)" ]; }

# is_usable: .venv is whole, was made here (scripts inside name its path), and runs 3.11 or later.
is_usable() {
    [ ! -e "$venv/incomplete" ] && [ -f "$venv/pyvenv.cfg" ] \
        && grep -qsF "$venv" "$venv/bin/activate" && is_new_enough "$venv/bin/python" \
        && { "$venv/bin/uv" --version || "$venv/bin/python" -c 'import pip'; } > /dev/null 2>&1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' > /dev/null 2>&1
}

find_python() {
    local name
    if [ -n "${FUNDTRACE_PYTHON:-}" ] && ! is_new_enough "$FUNDTRACE_PYTHON"; then
        die "FUNDTRACE_PYTHON=$FUNDTRACE_PYTHON is no Python 3.11 or later"
    fi
    for name in ${FUNDTRACE_PYTHON:+"$FUNDTRACE_PYTHON"} \
        python3.11 python3 python3.12 python3.13 python3.14 python; do
        if is_new_enough "$name"; then
            # The interpreter itself, not a shim that may stand for another one elsewhere.
            "$name" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    die "no Python 3.11 or later found; install one (Debian 12, Ubuntu 24.04:" \
        "apt-get install python3 python3-venv), or name it in FUNDTRACE_PYTHON"
}

is_root_on_debian() { [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; }

has_venv_module() { "$1" -c 'import ensurepip, venv; ensurepip.version()' > /dev/null 2>&1; }

# ensure_venv_module PYTHON: Debian ships venv's ensurepip in a package of its own.
ensure_venv_module() {
    if has_venv_module "$1"; then return; fi
    local package
    package="$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    is_root_on_debian \
        || die "$1 has no venv module; run: sudo apt-get install $package; then run this again"
    say "installing $package with apt-get"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package"; } \
        > /dev/null || die "apt-get could not install $package"
    has_venv_module "$1" || die "$1 still has no venv module"
}

# export_pip_settings: uv reads none of pip's settings; hand it where packages come from.
export_pip_settings() {
    local value
    if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
        value="${PIP_INDEX_URL:-$(pip_setting index-url)}"
        if [ -n "$value" ]; then export UV_DEFAULT_INDEX="$value"; fi
    fi
    if [ -z "${SSL_CERT_FILE:-}" ]; then
        value="${PIP_CERT:-$(pip_setting cert)}"
        if [ -n "$value" ]; then export SSL_CERT_FILE="$value"; fi
    fi
}

pip_setting() { "$venv/bin/python" -m pip config get "global.$1" 2> /dev/null || true; }

# install_uv: exactly the locked one, from nothing but its own lines of the lock.
install_uv() {
    local pin
    pin="$(mktemp)"
    awk '/^[^ \t#]/ { wanted = /^uv==/ } wanted' "$root/requirements.txt" > "$pin"
    say "installing $(sed -n '1s/ .*//p' "$pin")"
    "$venv/bin/python" -m pip --quiet --disable-pip-version-check \
        install --no-deps --require-hashes --requirement "$pin" >&2 \
        || { rm -f "$pin"; return 1; }
    rm -f "$pin"
}

# make_venv: an empty one, by the venv module, or by a uv that the machine has.
make_venv() {
    local python uv
    python="$(find_python)"
    say "making .venv with $("$python" --version) ($python)"
    rm -rf "$venv"
    uv="$(command -v uv || true)"
    if [ -n "$uv" ] && ! has_venv_module "$python"; then
        "$uv" venv --quiet --no-project --python "$python" "$venv" >&2 \
            || die "$uv could not make $venv"
        : > "$venv/incomplete"
        return
    fi
    ensure_venv_module "$python"
    mkdir "$venv"
    : > "$venv/incomplete"
    "$python" -m venv "$venv" >&2 || die "$python could not make $venv"
}

# find_uv: prints the one in .venv, else the machine's; installs the locked one where neither is.
find_uv() {
    if "$venv/bin/uv" --version > /dev/null 2>&1; then
        printf '%s' "$venv/bin/uv"
    elif uv --version > /dev/null 2>&1; then
        command -v uv
    else
        install_uv && printf '%s' "$venv/bin/uv"
    fi
}

# fill_venv KIND: what the lock says, and the project itself, editable.
fill_venv() {
    local uv lock
    local -a how=(install --no-deps --requirements)
    lock="$(lock_of "$1")"
    if [ "$1" = dev ]; then how=(sync); fi
    cd "$root" || return 1
    uv="$(find_uv)" || return 1
    export_pip_settings
    say "installing what $lock locks ($(grep -c '^[a-z]' "$lock") packages)"
    "$uv" pip "${how[@]}" "$lock" --quiet --require-hashes --python "$venv/bin/python" >&2 \
        || return 1
    say "installing the project itself"
    "$uv" pip install --quiet --no-deps --no-build-isolation --python "$venv/bin/python" \
        --editable . >&2 || return 1
    "$venv/bin/python" -c 'import fundtrace' || return 1
}

set_up() {
    local is_new=
    if ! is_usable; then
        if [ -e "$venv" ]; then say ".venv is not whole; making it again"; fi
        make_venv
        is_new=yes
    fi
    : > "$venv/incomplete"
    rm -f "$venv"/.fundtrace-*
    # A subshell, since an `if` or `||` switches `set -e` off: fill_venv checks every step itself.
    if ! (fill_venv "$1"); then
        [ -z "$is_new" ] || die "could not install the packages; what went wrong stands above"
        say "that failed; once more with a new .venv"
        make_venv
        (fill_venv "$1") || die "could not install the packages; what went wrong stands above"
    fi
    : > "$(stamp_of "$1")"
    rm -f "$venv/incomplete"
}

# ensure_environment KIND: product or dev. Afterwards "$venv/bin" holds the commands.
ensure_environment() {
    if is_ready "$1"; then return; fi
    # One run at a time. The lock is on the folder itself: no file to leave behind.
    exec 9< "$root"
    if command -v flock > /dev/null && ! flock --nonblock 9; then
        say "another run is setting up .venv; waiting for it"
        flock 9 || say "cannot lock $root; going on without"
    fi
    if ! is_ready "$1"; then
        set_up "$1"
        say "ready after $SECONDS s"
    fi
    exec 9<&-
}
