#!/bin/sh
# Installs ollama-ts for all users of a Linux machine, with a systemd service, or brings it up to date. docs/install.md
# explains it; "sh install.sh --help" lists what it obeys.
set -eu

PACKAGE_NAME=ollama-ts
NODE_MAJOR=20
NODE_MINOR=19
SERVICE_USER=ollama
SERVICE_HOME=/usr/share/ollama
UNIT_FOLDER=/etc/systemd/system
# Never npm's own prefix: that may be a folder in somebody's home, which the service may not read.
PREFIX=/usr/local

DESTDIR=${DESTDIR:-}
dry_run=
use_sudo=
work_folder=

usage() {
  cat <<'TEXT'
Usage: sh install.sh [--dry-run] [--uninstall [--purge]]

  --dry-run     print what would be done, and do nothing
  --uninstall   remove program and service; models, keys and overrides stay
  --purge       with --uninstall: remove these too, and the user "ollama"

Environment:
  OLLAMA_VERSION    version to install from npm's registry (default: the newest)
  OLLAMA_PACKAGE    a package file (.tgz) or a built folder, instead of the registry (default: the clone that
                    this script is in, if it is in one and no version is named)
  OLLAMA_NO_START   set to 1: neither enable nor start the service
  DESTDIR           install below this folder, without asking for root
TEXT
}

say() { printf '>>> %s\n' "$*"; }

fail() {
  printf 'Error: %s\n' "$*" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# Every change of the machine goes through here.
run() {
  if [ -n "$dry_run" ]; then
    printf 'would run: %s\n' "$*"
  elif [ -n "$use_sudo" ]; then
    sudo -H env "PATH=$PATH" "$@"
  else
    "$@"
  fi
}

check_machine() {
  [ "$(uname -s)" = Linux ] || fail 'this script is for Linux; docs/install.md tells how to install on macOS and Windows'
  case $(uname -m) in
    x86_64 | amd64 | aarch64 | arm64) ;;
    *) fail "there are no libraries for the architecture $(uname -m), only for x86_64 and aarch64" ;;
  esac
  case $(uname -r) in
    *[Mm]icrosoft*WSL2*) ;;
    *[Mm]icrosoft*) fail 'WSL 1 cannot run models: change to WSL 2 with "wsl --set-version DISTRIBUTION 2"' ;;
    *) ;;
  esac
}

check_node() {
  advice="install Node.js $NODE_MAJOR.$NODE_MINOR or newer for all users: see https://nodejs.org/en/download"
  has node || fail "Node.js is missing: $advice"
  version=$(node -p process.versions.node) || fail "Node.js does not start: $advice"
  major=${version%%.*}
  rest=${version#*.}
  minor=${rest%%.*}
  if [ "$major" -lt "$NODE_MAJOR" ] || { [ "$major" -eq "$NODE_MAJOR" ] && [ "$minor" -lt "$NODE_MINOR" ]; }; then
    fail "Node.js $version is too old: $advice"
  fi
  has npm || fail 'npm is missing: it comes with Node.js; on Debian and Ubuntu it is the package npm'
  node_program=$(node -p process.execPath)
  [ -n "$DESTDIR" ] && return
  case $node_program in
    /home/* | /root/*) fail "$node_program lies in a home folder, where the service may not read: $advice" ;;
    *) ;;
  esac
}

check_rights() {
  [ -n "$DESTDIR" ] && return
  [ "$(id -u)" -eq 0 ] && return
  has sudo || fail 'this needs root, and there is no sudo: run it as root'
  use_sudo=1
}

# What is there must be ours: npm would refuse in the middle otherwise.
check_program() {
  program=$DESTDIR$PREFIX/bin/ollama
  { [ -e "$program" ] || [ -L "$program" ]; } || return 0
  case $(readlink "$program" || true) in
    */node_modules/"$PACKAGE_NAME"/*) ;;
    *) fail "$program is another program, perhaps Ollama itself: remove it first (models and keys are used as they are)" ;;
  esac
}

clean_up() { [ -z "$work_folder" ] || rm -rf "$work_folder"; }

make_work_folder() {
  work_folder=$(mktemp -d)
  trap clean_up EXIT
  trap 'exit 1' HUP INT TERM
}

# The clone or unpacked package that this script is part of; nothing for a script on its own or an installed one.
own_folder() {
  parent=$(cd "$(dirname "$0")/.." 2>/dev/null && pwd) || return 0
  case $parent in */node_modules/*) return 0 ;; *) ;; esac
  if grep -qs "\"name\": \"$PACKAGE_NAME\"" "$parent/package.json"; then echo "$parent"; fi
}

# Sets package_spec: a name with a version, or the path of a package file.
choose_package() {
  version=${OLLAMA_VERSION:-latest}
  version=${version#v}
  case $version in
    *[!0-9A-Za-z.-]*) fail "OLLAMA_VERSION=$version is no version, such as 0.33.0" ;;
    *) ;;
  esac
  package_spec=$PACKAGE_NAME@$version
  package=${OLLAMA_PACKAGE:-}
  if [ -z "$package" ] && [ -z "${OLLAMA_VERSION:-}" ]; then package=$(own_folder); fi
  [ -n "$package" ] || return 0
  [ -e "$package" ] || fail "OLLAMA_PACKAGE=$package: no such file or folder"
  if [ -d "$package" ]; then
    [ -e "$package/dist/cli/main.js" ] || fail "$package is not built: run \"npm ci && npm run build\" there first"
    # npm would only link a folder, and others might not be able to read it.
    name=$(cd "$package" && npm pack --ignore-scripts --silent --pack-destination "$work_folder")
    package_spec=$work_folder/$name
    chmod 755 "$work_folder"
  else
    package_spec=$(cd "$(dirname "$package")" && pwd)/$(basename "$package")
  fi
}

install_package() {
  say "installing $package_spec into $DESTDIR$PREFIX"
  run npm install --global --prefix "$DESTDIR$PREFIX" --ignore-scripts --no-audit --no-fund --loglevel=error "$package_spec"
}

in_group() { id -nG "$1" 2>/dev/null | tr ' ' '\n' | grep -qx "$2"; }

create_user() {
  if ! id "$SERVICE_USER" >/dev/null 2>&1; then
    say "creating the user $SERVICE_USER"
    run useradd --system --shell /bin/false --user-group --create-home --home-dir "$SERVICE_HOME" "$SERVICE_USER"
  fi
  for group in render video; do
    if getent group "$group" >/dev/null 2>&1 && ! in_group "$SERVICE_USER" "$group"; then
      run usermod -a -G "$group" "$SERVICE_USER"
    fi
  done
  caller=${SUDO_USER:-$(id -un)}
  if [ "$caller" != root ] && ! in_group "$caller" "$SERVICE_USER"; then
    say "adding $caller to the group $SERVICE_USER (from the next login on)"
    run usermod -a -G "$SERVICE_USER" "$caller"
  fi
}

# The unit as packaged, with this machine's paths. Drop-ins of "systemctl edit" lie beside it and stay as they are.
write_unit() {
  template=$DESTDIR$PREFIX/lib/node_modules/$PACKAGE_NAME/packaging/ollama.service
  unit=$DESTDIR$UNIT_FOLDER/ollama.service
  say "writing $unit"
  if [ -n "$dry_run" ]; then
    printf 'would write: %s\n' "$unit"
    return
  fi
  path=$PREFIX/sbin:$PREFIX/bin:/usr/sbin:/usr/bin:/sbin:/bin
  node_folder=$(dirname "$node_program")
  case :$path: in
    *:"$node_folder":*) ;;
    *) path=$node_folder:$path ;;
  esac
  sed -e "s|^ExecStart=.*|ExecStart=$PREFIX/bin/ollama serve|" \
    -e "s|^Environment=\"PATH=.*|Environment=\"PATH=$path\"|" \
    -e "s|/usr/share/ollama|$SERVICE_HOME|" "$template" >"$work_folder/ollama.service"
  run mkdir -p "$DESTDIR$UNIT_FOLDER"
  if [ -e "$unit" ] && ! grep -q 'ollama-ts' "$unit"; then
    say "keeping the unit that was there as $unit.before"
    run cp -p "$unit" "$unit.before"
  fi
  # Over it in one step, so that systemd never reads half of it.
  run cp "$work_folder/ollama.service" "$unit.new"
  run chmod 644 "$unit.new"
  run mv -f "$unit.new" "$unit"
}

systemd_runs() {
  has systemctl || return 1
  case $(systemctl is-system-running 2>/dev/null || true) in
    running | degraded | starting | initializing) ;;
    *) return 1 ;;
  esac
}

start_service() {
  if ! systemd_runs; then
    say 'systemd does not run here: start the server with "ollama serve"'
    return
  fi
  run systemctl daemon-reload
  if [ -n "${OLLAMA_NO_START:-}" ]; then
    say 'not started: "systemctl enable --now ollama" does it'
    return
  fi
  run systemctl enable ollama
  run systemctl restart ollama
}

hint_at_gpu() {
  if has nvidia-smi || [ -e /proc/driver/nvidia/version ]; then
    say "an NVIDIA GPU is here: \"sudo -u $SERVICE_USER -H $PREFIX/bin/ollama backend install cuda\" lets models use it"
  fi
}

do_install() {
  check_node
  check_program
  make_work_folder
  choose_package
  install_package
  create_user
  write_unit
  start_service
  hint_at_gpu
  [ -n "$dry_run" ] || say "done: $DESTDIR$PREFIX/bin/ollama; try \"ollama run smollm2:135m\""
}

do_uninstall() {
  if systemd_runs; then
    run systemctl disable --now ollama || true
  fi
  run rm -f "$DESTDIR$UNIT_FOLDER/ollama.service"
  if [ -n "$purge" ]; then run rm -rf "$DESTDIR$UNIT_FOLDER/ollama.service.d"; fi
  if systemd_runs; then run systemctl daemon-reload; fi
  check_program
  if has npm; then
    run npm uninstall --global --prefix "$DESTDIR$PREFIX" --loglevel=error "$PACKAGE_NAME"
  else
    run rm -rf "$DESTDIR$PREFIX/lib/node_modules/$PACKAGE_NAME" "$DESTDIR$PREFIX/bin/ollama"
  fi
  if [ -z "$purge" ]; then
    say "kept: $DESTDIR$SERVICE_HOME with the models, and the user $SERVICE_USER (--purge removes them)"
    return
  fi
  if id "$SERVICE_USER" >/dev/null 2>&1; then run userdel "$SERVICE_USER"; fi
  if getent group "$SERVICE_USER" >/dev/null 2>&1; then run groupdel "$SERVICE_USER"; fi
  run rm -rf "$DESTDIR$SERVICE_HOME"
  say 'removed, with all models of the service'
}

main() {
  umask 022
  action=install
  purge=
  for argument in "$@"; do
    case $argument in
      --dry-run) dry_run=1 ;;
      --uninstall) action=uninstall ;;
      --purge) purge=1 ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) fail "unknown argument $argument (--help lists them)" ;;
    esac
  done
  if [ -n "$purge" ] && [ "$action" = install ]; then fail '--purge goes with --uninstall'; fi
  check_machine
  check_rights
  "do_$action"
}

# All of it is read before anything runs, also from a pipe.
main "$@"
