#!/bin/sh
# Installs Holdfast on this server, or in a box where process 1 is not systemd. Finds or builds the package; everything
# after that is `holdfast setup`.
set -eu

usage() {
    cat <<'USAGE'
usage: ./install.sh [--deb FILE] [--distro debian12|debian13] [-- SETUP-OPTIONS]
       ./install.sh --uninstall
       ./install.sh --box status|start|stop|remove [--yes]

  --deb FILE   install this package; without it, the package is built from this checkout
  --distro     the distribution of a new box (a machine whose process 1 is not systemd gets a box)
  --uninstall  remove the package; accounts, their data and this server's sites stay
  --box        rule the box
USAGE
}

say() { printf 'install: %s\n' "$*"; }
die() { printf 'install: %s\n' "$*" >&2; exit 1; }

top=$(cd "$(dirname "$0")" && pwd)
box=/usr/local/lib/holdfast/holdfast-box
deb= distro=debian13 what=install
while [ $# -gt 0 ]; do
    case $1 in
        --deb) [ $# -ge 2 ] || die "--deb needs a file"; deb=$2; shift 2 ;;
        --distro) [ $# -ge 2 ] || die "--distro needs a name"; distro=$2; shift 2 ;;
        --uninstall) what=uninstall; shift ;;
        --box) [ $# -ge 2 ] || die "--box needs status, start, stop or remove"; what=box; shift; break ;;
        --help|-h) usage; exit 0 ;;
        --) shift; break ;;
        *) usage >&2; die "unknown option: $1" ;;
    esac
done

[ "$(id -u)" = 0 ] || die "this installs a server: call it as root"
systemd=no
[ "$(cat /proc/1/comm)" = systemd ] && [ -d /run/systemd/system ] && systemd=yes

if [ "$what" = box ]; then
    [ -x "$box" ] || die "there is no box on this machine: ./install.sh makes one where process 1 is not systemd"
    exec "$box" "$@"
fi
if [ "$what" = uninstall ]; then
    if [ "$systemd" = no ]; then
        [ -x "$box" ] || die "there is no box on this machine"
        exec "$box" uninstall
    fi
    DEBIAN_FRONTEND=noninteractive apt-get -q -y remove holdfast
    say "the package is removed; accounts, their data and the sites of this server stay"
    exit 0
fi

# Debian packages that are missing, by the programs that they bring
needs() {
    missing=
    while [ $# -gt 1 ]; do
        command -v "$1" > /dev/null || missing="$missing $2"
        shift 2
    done
    [ -z "$missing" ] && return
    say "installing$missing"
    apt-get -q -y update > /dev/null || say "apt's lists could not be renewed"
    # shellcheck disable=SC2086 # words
    DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $missing > /dev/null
}

if [ -z "$deb" ]; then
    PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
    command -v cargo > /dev/null || die "no Rust toolchain is here (rust-toolchain.toml names it): install one, or give a ready package by --deb FILE"
    needs gcc gcc readelf binutils pkg-config pkg-config dpkg-deb dpkg
    [ -e /usr/include/stdlib.h ] || needs no-such-program libc6-dev
    command -v cargo-deb > /dev/null || cargo install --quiet --locked cargo-deb
    say "building the package (some minutes)"
    deb=$(cd "$top" && cargo xtask package)
fi
[ -f "$deb" ] || die "$deb is not a file"
deb=$(readlink -f "$deb")

if [ "$systemd" = yes ]; then
    DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends --allow-downgrades --reinstall install "$deb"
    exec holdfast setup "$@"
fi

say "process 1 is $(cat /proc/1/comm), not systemd: Holdfast gets a Debian server of its own on this machine, the box"
needs systemd-nspawn systemd-container nsenter util-linux ip iproute2 curl curl mmdebstrap mmdebstrap
mkdir -p "${box%/*}"
dpkg-deb --fsys-tarfile "$deb" | tar -xO ./usr/libexec/holdfast/holdfast-box > "$box.new"
chmod 755 "$box.new"
mv "$box.new" "$box"
exec "$box" create --deb "$deb" --distro "$distro" -- "$@"
