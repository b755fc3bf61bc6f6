#!/bin/sh
# Installs Holdfast on this server, or in a box where process 1 is not systemd. Finds or builds the package; everything
# after that is `holdfast setup`.
set -eu

usage() {
    cat <<'USAGE'
usage: ./install.sh [--deb FILE] [--distro debian12|debian13] [-- SETUP-OPTIONS]
       ./install.sh --uninstall
       ./install.sh --box status|start|stop|remove [--yes]
       ./install.sh --box enter -- PROGRAM [ARGUMENTS]

  --deb FILE   install this package; without it, the package is built from this checkout
  --distro     the distribution of a new box (a machine whose process 1 is not systemd gets a box)
  --uninstall  remove the package; accounts, their data and this server's sites stay
  --box        rule the box; `--box enter -- bash` opens a shell in it
USAGE
}

say() { printf 'install: %s\n' "$*"; }
die() { printf 'install: %s\n' "$*" >&2; exit 1; }

top=$(cd "$(dirname "$0")" && pwd)
box=/usr/local/lib/holdfast/holdfast-box
deb= distro= what=install
while [ $# -gt 0 ]; do
    case $1 in
        --deb) [ $# -ge 2 ] || die "--deb needs a file"; deb=$2; shift 2 ;;
        --distro) [ $# -ge 2 ] || die "--distro needs a name"; distro=$2; shift 2 ;;
        --uninstall) what=uninstall; shift ;;
        --box) [ $# -ge 2 ] || die "--box needs status, start, stop, remove or enter"; what=box; shift; break ;;
        --help|-h) usage; exit 0 ;;
        --) shift; break ;;
        *) usage >&2; die "unknown option: $1" ;;
    esac
done

[ "$(id -u)" = 0 ] || die "this installs a server: call it as root"
systemd=no
[ "$(cat /proc/1/comm)" = systemd ] && [ -d /run/systemd/system ] && systemd=yes

# apt-get that asks nothing, keeps files that were edited, and waits for another one (a new server updates itself at its first boot)
apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=900 -o Dpkg::Options::=--force-confold \
        -o APT::Install-Recommends=false "$@"
}

if [ "$what" = box ]; then
    [ -x "$box" ] || die "there is no box on this machine: ./install.sh makes one where process 1 is not systemd"
    exec "$box" "$@"
fi
if [ "$what" = uninstall ]; then
    if [ "$systemd" = no ]; then
        [ -x "$box" ] || die "there is no box on this machine"
        exec "$box" uninstall
    fi
    say "removing the package (another apt-get is waited for)"
    apt remove holdfast
    say "the package is removed; accounts, their data and the sites of this server stay"
    exit 0
fi

command -v apt-get > /dev/null || die "there is no apt-get on this machine: Holdfast and its box need Debian, or a distribution made from it"
if [ "$systemd" = yes ]; then
    # the distributions of packaging/profiles
    case $(. /etc/os-release; echo "${ID:-}${VERSION_ID:-}") in
        debian12|debian13) ;;
        *) die "this is $(. /etc/os-release; echo "${PRETTY_NAME:-another system}"), and this machine itself would become the server: that takes Debian 13 or 12" ;;
    esac
    [ -z "$distro" ] || die "--distro is for a box, and process 1 is systemd here: this machine itself becomes the server"
fi

# Debian packages that are missing, by the programs that they bring
needs() {
    missing=
    while [ $# -gt 1 ]; do
        command -v "$1" > /dev/null || missing="$missing $2"
        shift 2
    done
    [ -z "$missing" ] && return
    say "installing$missing (another apt-get is waited for)"
    apt update > /dev/null || say "apt's lists could not be renewed"
    # shellcheck disable=SC2086 # words
    apt install $missing > /dev/null
}

if [ -z "$deb" ]; then
    PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
    command -v cargo > /dev/null || die "no Rust toolchain is here (rust-toolchain.toml names it): install one, or give a ready package by --deb FILE"
    needs gcc gcc readelf binutils pkg-config pkg-config dpkg-deb dpkg node nodejs npm npm
    [ -e /usr/include/stdlib.h ] || needs no-such-program libc6-dev
    command -v cargo-deb > /dev/null || {
        say "building cargo-deb, which makes the package (some minutes, once)"
        cargo install --quiet --locked cargo-deb
    }
    # as on Debian 12
    ui=
    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' || {
        say "the browser panel is built by Node.js 20.19 or newer, and here is $(node --version): the package is made without it (CLI and API are whole)"
        ui=--no-ui
    }
    say "building the package (some minutes)"
    # a box may be older than this machine
    here=
    [ "$systemd" = no ] || here=--here
    deb=$(cd "$top" && cargo xtask package $here $ui)
fi
[ -f "$deb" ] || die "$deb is not a file"
deb=$(readlink -f "$deb")

if [ "$systemd" = yes ]; then
    say "installing $deb (another apt-get is waited for)"
    apt --allow-downgrades --reinstall install "$deb"
    exec holdfast setup "$@"
fi

say "process 1 is $(cat /proc/1/comm), not systemd: Holdfast gets a Debian server of its own on this machine, the box"
needs systemd-nspawn systemd-container nsenter util-linux ip iproute2 curl curl mmdebstrap mmdebstrap
mkdir -p "${box%/*}"
dpkg-deb --fsys-tarfile "$deb" | tar -xO ./usr/libexec/holdfast/holdfast-box > "$box.new"
chmod 755 "$box.new"
mv "$box.new" "$box"
exec "$box" create --deb "$deb" ${distro:+--distro "$distro"} -- "$@"
