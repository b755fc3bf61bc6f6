#!/bin/sh
# All that CI runs, on Debian, as root. It installs what it needs.
set -eu
cd "$(dirname "$0")"

[ "$(id -u)" = 0 ] || { echo "test: real servers are booted: call this as root" >&2; exit 1; }
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
export PATH
began=$(date +%s)
step() { printf '\n=== %s (%s s)\n' "$*" "$(($(date +%s) - began))"; }

step "what the tests need"
missing=
for package in binutils chromium curl fonts-noto-core gcc iproute2 libc6-dev mmdebstrap nginx-light openssh-client openssl pebble pkg-config poppler-utils postgresql sqlite3 sshpass systemd-container; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null | grep -qx installed || missing="$missing $package"
done
# the browser panel is built with it, and a real identity provider runs on it; a newer one than Debian's, with npm, will do
command -v node > /dev/null || missing="$missing nodejs"
command -v npm > /dev/null || missing="$missing npm"
if [ -n "$missing" ]; then
    apt-get -q -y update > /dev/null || true
    # nothing is to be started here: the tests start their own
    # shellcheck disable=SC2086 # words
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q -y --no-install-recommends install $missing > /dev/null
fi
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    { echo "test: the browser panel is built by Node.js 20.19 or newer, and here is $(node --version)" >&2; exit 1; }
command -v cargo > /dev/null || { echo "test: no Rust toolchain is here (rust-toolchain.toml names it)" >&2; exit 1; }
for tool in cargo-deb cargo-deny cargo-nextest; do
    # quick to build: each is used for some seconds only
    command -v "$tool" > /dev/null || CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off \
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 cargo install --quiet --locked "$tool"
done

step "format"
cargo fmt --all --check
step "shell scripts"
for script in install.sh test.sh .ci/run packaging/deb/postinst packaging/deb/postrm packaging/deb/prerm; do sh -n "$script"; done
step "licences, bans, sources"
# the advisories need a database from the network: `cargo deny check advisories` is for a timer, not for every change
cargo deny check bans licenses sources
step "the browser panel: what it is made of, its words, its size"
(
    cd ui
    npm ci --silent --engine-strict --no-audit --no-fund
    npm run --silent check
)
step "all programs and tests"
# in one build: what a crate is built with depends on which are built along
cargo build --quiet --workspace --bins --tests
xtask=${CARGO_TARGET_DIR:-target}/debug/xtask
step "layers"
"$xtask" check-deps
step "tests of the parts"
cargo nextest run --workspace --no-fail-fast -E 'not package(e2e)'
step "package"
deb=$("$xtask" package --fast)
logs=$(mktemp -d)
step "clippy begins: beside the browser, which leaves it room"
# the kernel shares by sessions first, then by niceness in each
setsid sh -c 'echo 19 > /proc/self/autogroup; exec nice -n 19 cargo clippy --workspace --all-targets --quiet -- -D warnings' \
    > "$logs/clippy" 2>&1 &
clippy=$!
trap 'kill "$clippy" 2> /dev/null || true; rm -rf "$logs"' EXIT
step "the browser panel on a real server"
# what only measures is left out, and nothing is held to a time: `npm --prefix ui run e2e` does, on a machine that does nothing else
"$xtask" host debian13 --with "$deb" --then 'BAR_UNTIMED=1 npm --prefix ui run --silent e2e'
step "the first run of the browser panel, and a panel that is killed in it"
"$xtask" host debian13 --with "$deb" --roles none --then 'npm --prefix ui run --silent e2e -- e2e/wizard.walk'
step "clippy ends"
wait "$clippy" || { cat "$logs/clippy"; exit 1; }
step "the stories that the guide tells, on Debian 12 and 13"
stories() {
    for story in host-a-site people web-and-tls; do "$xtask" demo "$story" --on "$1" --deb "$deb" || return 1; done
}
stories debian12 > "$logs/debian12" 2>&1 &
others=$!
# the other one ends by itself, and takes its server along
stories debian13 > "$logs/debian13" 2>&1 || { wait "$others" || true; cat "$logs/debian13"; exit 1; }
wait "$others" || { cat "$logs/debian12"; exit 1; }
step "tests of the whole, on Debian 12 and 13"
HOLDFAST_DEB=$deb cargo nextest run --workspace --no-fail-fast -E 'package(e2e)'
