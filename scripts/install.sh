#!/bin/sh
# Installs or upgrades ollama-ts on a Linux machine: for all users with a systemd service, or for one user. docs/install.md describes it;
# "sh install.sh --help" lists its options and variables.
set -eu

PACKAGE_NAME=ollama-ts
NODE_MAJOR=20
NODE_MINOR=19
SERVICE_USER=ollama
SERVICE_HOME=/usr/share/ollama
UNIT_FOLDER=/etc/systemd/system
# Not npm's own prefix, which can be a folder in a user's home that the service cannot read.
PREFIX=/usr/local
# What an archive has beside its program, and this file says that the archive is ours.
LIBRARIES=lib/ollama
MARK=$LIBRARIES/licenses/ollama-ts.txt
CHECKSUMS=sha256sum.txt

DESTDIR=${DESTDIR:-}
dry_run=
use_sudo=
work_folder=
expected=
staged=
archive=
for_user=

usage() {
  cat <<'TEXT'
Usage: sh install.sh [--dry-run] [--user] [--uninstall [--purge]]

  --dry-run     print the commands without running them
  --user        install an archive into ~/.local, without root and without a service
  --uninstall   remove the program and the service; keep models, keys and overrides
  --purge       with --uninstall: also remove models, keys, overrides and the user "ollama"

Environment:
  OLLAMA_PACKAGE         what to install: path or https address of an archive (ollama-linux-amd64.tgz), a package file of npm, or a
                         built clone (default: the clone or unpacked package that contains this script, or the archive beside it)
  OLLAMA_PACKAGE_SHA256  SHA-256 that the archive or package file must have (default: that in sha256sum.txt beside it)
  OLLAMA_NO_START        if set, neither enable nor start the service
  DESTDIR                install below this folder, without root
TEXT
}

say() { printf '>>> %s\n' "$*"; }

fail() {
  printf 'Error: %s\n' "$*" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# Runs every command that changes the machine.
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
  [ "$(uname -s)" = Linux ] || fail 'this script is for Linux; docs/install.md describes the installation on macOS and Windows'
  case $(uname -m) in
    x86_64 | amd64 | aarch64 | arm64) ;;
    *) fail "no libraries exist for the architecture $(uname -m), only for x86_64 and aarch64" ;;
  esac
  case $(uname -r) in
    *[Mm]icrosoft*WSL2*) ;;
    *[Mm]icrosoft*) fail 'WSL 1 cannot run models: switch to WSL 2 with "wsl --set-version DISTRIBUTION 2"' ;;
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
  has npm || fail 'npm is missing: it is part of Node.js; on Debian and Ubuntu install the package npm'
  has tar || fail 'tar is missing: install it'
  node_program=$(node -p process.execPath)
  [ -n "$DESTDIR" ] && return
  case $node_program in
    /home/* | /root/*) fail "$node_program is in a home folder, which the service cannot read: $advice" ;;
    *) ;;
  esac
}

check_rights() {
  [ -n "$DESTDIR" ] && return
  [ -n "$for_user" ] && return
  [ "$(id -u)" -eq 0 ] && return
  has sudo || fail 'the installation needs root, and sudo is missing: run the script as root'
  use_sudo=1
}

# An existing program must be ours; otherwise npm would fail halfway.
check_program() {
  program=$DESTDIR$PREFIX/bin/ollama
  { [ -e "$program" ] || [ -L "$program" ]; } || return 0
  [ -e "$DESTDIR$PREFIX/$MARK" ] && return 0
  case $(readlink "$program" || true) in
    */node_modules/"$PACKAGE_NAME"/*) ;;
    *) fail "$program is another program, perhaps Ollama itself: remove it first (its models and keys can be used unchanged)" ;;
  esac
}

clean_up() {
  [ -z "$work_folder" ] || rm -rf "$work_folder"
  [ -z "$staged" ] || run rm -rf "$staged"
}

make_work_folder() {
  work_folder=$(mktemp -d)
  trap clean_up EXIT
  trap 'exit 1' HUP INT TERM
}

# Prints the clone or unpacked package that contains this script; nothing if the script stands alone or is installed.
own_folder() {
  parent=$(cd "$(dirname "$0")/.." 2>/dev/null && pwd) || return 0
  case $parent in */node_modules/*) return 0 ;; *) ;; esac
  if grep -qs "\"name\": \"$PACKAGE_NAME\"" "$parent/package.json"; then echo "$parent"; fi
}

# Sets package_spec to the path of a package file. Never to a name: the name is not ours in npm's registry, and what
# anybody publishes there would run as root.
choose_package() {
  [ -z "${OLLAMA_VERSION:-}" ] || fail "OLLAMA_VERSION=$OLLAMA_VERSION: $PACKAGE_NAME is not in npm's registry yet; name a package file or a clone of that version with OLLAMA_PACKAGE"
  package=${OLLAMA_PACKAGE:-}
  [ -n "$package" ] || package=$(own_folder)
  [ -n "$package" ] || package=$(own_archive)
  [ -n "$package" ] || fail "there is nothing to install: run this script in a clone or beside an archive, or set OLLAMA_PACKAGE to an archive, a package file or a built clone ($PACKAGE_NAME is not in npm's registry yet)"
  case $package in *://*) download_archive ;; *) ;; esac
  [ -e "$package" ] || fail "OLLAMA_PACKAGE=$package: no such file or folder"
  if [ -d "$package" ]; then
    check_node
    pack_folder
  else
    package_spec=$(cd "$(dirname "$package")" && pwd)/$(basename "$package")
    check_digest
  fi
  has tar || fail 'tar is missing: install it'
  names=$(tar -tzf "$package_spec" 2>/dev/null) || fail "$package_spec is damaged, or no archive: download it again"
  if printf '%s\n' "$names" | grep -qxF "$MARK"; then
    archive=1
    require_digest
  else
    check_node
    check_package
  fi
  [ -z "$for_user" ] || [ -n "$archive" ] || fail "--user needs an archive: $package_spec is a package file of npm; install it with \"npm install --global\""
}

# Prints the archive for this machine beside the script.
own_archive() {
  file=$(cd "$(dirname "$0")" 2>/dev/null && pwd)/ollama-linux-$(archive_machine).tgz || return 0
  if [ -e "$file" ]; then echo "$file"; fi
}

archive_machine() {
  case $(uname -m) in
    x86_64 | amd64) echo amd64 ;;
    *) echo arm64 ;;
  esac
}

# Without a digest of the user's own, the checksums come from the same server, so nobody on the way may change either.
download_archive() {
  case $package in
    https://*) ;;
    *) [ -n "${OLLAMA_PACKAGE_SHA256:-}" ] || fail "OLLAMA_PACKAGE=$package: use an https address, or state the archive's digest in OLLAMA_PACKAGE_SHA256" ;;
  esac
  say "downloading $package"
  download "$package" "$work_folder/${package##*/}" || fail "$package cannot be downloaded"
  if [ -z "${OLLAMA_PACKAGE_SHA256:-}" ]; then
    download "${package%/*}/$CHECKSUMS" "$work_folder/$CHECKSUMS" ||
      fail "${package%/*}/$CHECKSUMS cannot be downloaded: state the archive's digest in OLLAMA_PACKAGE_SHA256"
  fi
  package=$work_folder/${package##*/}
}

download() {
  if has curl; then
    curl --fail --silent --show-error --location --output "$2" "$1"
  elif has wget; then
    wget --quiet --output-document="$2" "$1"
  else
    fail 'curl and wget are missing: install one of them'
  fi
}

# Before anything else looks at the file, because its contents decide what is done with it.
check_digest() {
  sums=$(dirname "$package_spec")/$CHECKSUMS
  expected=${OLLAMA_PACKAGE_SHA256:-}
  if [ -z "$expected" ] && [ -e "$sums" ]; then
    expected=$(awk -v name="$(basename "$package_spec")" '$2 == name || $2 == "*" name { print $1; exit }' "$sums")
  fi
  [ -n "$expected" ] || return 0
  # Other systems print it in capitals.
  expected=$(printf '%s' "$expected" | tr 'A-F' 'a-f')
  has sha256sum || fail 'sha256sum is missing: install it'
  actual=$(sha256sum <"$package_spec" | cut -d ' ' -f 1)
  [ "$actual" = "$expected" ] || fail "$package_spec has the SHA-256 $actual instead of $expected: download it again"
}

require_digest() {
  [ -z "$expected" ] || return 0
  [ ! -e "$sums" ] || fail "$sums does not name $(basename "$package_spec")"
  say "$package_spec is not compared with a digest: $CHECKSUMS does not lie beside it"
}

# The program is tried before anything is replaced. It may still run, so its file is replaced and not written to.
install_archive() {
  home=$DESTDIR$PREFIX
  say "installing $package_spec into $home"
  staged=$home/lib/.ollama-new
  run rm -rf "$staged"
  run mkdir -p "$staged" "$home/bin"
  run tar -xzf "$package_spec" -C "$staged" --no-same-owner
  run "$staged/bin/ollama" --help >/dev/null ||
    fail "the program in $package_spec does not run on this machine: it is for another processor, or glibc is older than 2.34"
  run rm -rf "${home:?}/$LIBRARIES" "${home:?}/lib/node_modules/$PACKAGE_NAME"
  run mv "$staged/$LIBRARIES" "$home/$LIBRARIES"
  run mv -f "$staged/bin/ollama" "$home/bin/ollama"
  run rm -rf "$staged"
  staged=
}

# Makes a package file of a clone or an unpacked package. npm would only link a folder, which other users might not be
# able to read.
pack_folder() {
  [ -e "$package/dist/cli/main.js" ] || fail "$package is not built: run \"npm ci && npm run build\" there first"
  name=$(cd "$package" && npm pack --ignore-scripts --silent --pack-destination "$work_folder")
  package_spec=$work_folder/$name
  chmod 755 "$work_folder"
  # In an unpacked package, npm-shrinkwrap.json is there already.
  [ -e "$package/package-lock.json" ] || return 0
  tar -xzf "$package_spec" -C "$work_folder"
  cp "$package/package-lock.json" "$work_folder/package/npm-shrinkwrap.json"
  tar -czf "$package_spec" -C "$work_folder" package
}

check_package() {
  tar -xzOf "$package_spec" package/package.json 2>/dev/null | grep -q "\"name\": *\"$PACKAGE_NAME\"" ||
    fail "$package_spec is not a package file of $PACKAGE_NAME"
  tar -tzf "$package_spec" package/npm-shrinkwrap.json >/dev/null 2>&1 ||
    fail "$package_spec does not pin its dependencies (npm-shrinkwrap.json is missing): make it with \"npm pack\" in a clone"
}

# "npm install" of a package file would choose the versions of its dependencies itself. "npm ci" installs exactly what
# npm-shrinkwrap.json names, and checks each download against the digest there. What is installed is replaced at the end.
install_package() {
  modules=$DESTDIR$PREFIX/lib/node_modules
  say "installing $package_spec into $DESTDIR$PREFIX"
  # npm ignores names that begin with a dot.
  staged=$modules/.$PACKAGE_NAME-new
  run rm -rf "$staged"
  run mkdir -p "$staged" "$DESTDIR$PREFIX/bin"
  run tar -xzf "$package_spec" -C "$staged" --strip-components=1 --no-same-owner
  run npm ci --prefix "$staged" --global=false --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error
  run chmod 755 "$staged/bin/ollama"
  run rm -rf "${modules:?}/$PACKAGE_NAME"
  run mv "$staged" "$modules/$PACKAGE_NAME"
  staged=
  run ln -sf "../lib/node_modules/$PACKAGE_NAME/bin/ollama" "$DESTDIR$PREFIX/bin/ollama"
  # An archive's, which was checked to be ours.
  [ ! -e "$DESTDIR$PREFIX/$MARK" ] || run rm -rf "${DESTDIR}${PREFIX:?}/$LIBRARIES"
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
    say "adding $caller to the group $SERVICE_USER (takes effect at the next login)"
    run usermod -a -G "$SERVICE_USER" "$caller"
  fi
}

# Writes the packaged unit with this machine's paths. Drop-ins of "systemctl edit" are separate files and stay unchanged.
write_unit() {
  template=$DESTDIR$PREFIX/lib/node_modules/$PACKAGE_NAME/packaging/ollama.service
  [ -z "$archive" ] || template=$DESTDIR$PREFIX/$LIBRARIES/ollama.service
  unit=$DESTDIR$UNIT_FOLDER/ollama.service
  say "writing $unit"
  if [ -n "$dry_run" ]; then
    printf 'would write: %s\n' "$unit"
    return
  fi
  path=$PREFIX/sbin:$PREFIX/bin:/usr/sbin:/usr/bin:/sbin:/bin
  if [ -z "$archive" ]; then
    node_folder=$(dirname "$node_program")
    case :$path: in
      *:"$node_folder":*) ;;
      *) path=$node_folder:$path ;;
    esac
  fi
  sed -e "s|^ExecStart=.*|ExecStart=$PREFIX/bin/ollama serve|" \
    -e "s|^Environment=\"PATH=.*|Environment=\"PATH=$path\"|" \
    -e "s|/usr/share/ollama|$SERVICE_HOME|" "$template" >"$work_folder/ollama.service"
  run mkdir -p "$DESTDIR$UNIT_FOLDER"
  if [ -e "$unit" ] && ! grep -q 'ollama-ts' "$unit"; then
    say "keeping the previous unit as $unit.before"
    run cp -p "$unit" "$unit.before"
  fi
  # Replaced in one step, so that systemd never reads a partial file.
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
    say 'systemd is not running: start the server with "ollama serve"'
    return
  fi
  run systemctl daemon-reload
  if [ -n "${OLLAMA_NO_START:-}" ]; then
    say 'the service is not started: run "systemctl enable --now ollama" to start it'
    return
  fi
  run systemctl enable ollama
  run systemctl restart ollama
}

hint_at_gpu() {
  if has nvidia-smi || [ -e /proc/driver/nvidia/version ]; then
    say "found an NVIDIA GPU: run \"sudo -u $SERVICE_USER -H $PREFIX/bin/ollama backend install cuda\" to use it"
  fi
}

# The service listens on the loopback address; who changes that should know of keys first.
hint_at_keys() {
  say 'before other machines use the server, create a key: ollama key create boss --scope admin'
}

do_install() {
  check_program
  make_work_folder
  choose_package
  if [ -n "$for_user" ]; then
    install_archive
    [ -n "$dry_run" ] || say "installed $PREFIX/bin/ollama: start the server with \"ollama serve\""
    case :$PATH: in *:"$PREFIX/bin":*) ;; *) say "add $PREFIX/bin to the PATH" ;; esac
    return
  fi
  if [ -n "$archive" ]; then install_archive; else install_package; fi
  create_user
  write_unit
  start_service
  hint_at_gpu
  hint_at_keys
  [ -n "$dry_run" ] || say "installed $DESTDIR$PREFIX/bin/ollama; try \"ollama run smollm2:135m\""
}

remove_program() {
  check_program
  if [ -e "$DESTDIR$PREFIX/$MARK" ]; then
    run rm -rf "${DESTDIR}${PREFIX:?}/$LIBRARIES" "$DESTDIR$PREFIX/bin/ollama"
  elif has npm; then
    run npm uninstall --global --prefix "$DESTDIR$PREFIX" --loglevel=error "$PACKAGE_NAME"
  else
    run rm -rf "$DESTDIR$PREFIX/lib/node_modules/$PACKAGE_NAME" "$DESTDIR$PREFIX/bin/ollama"
  fi
}

do_uninstall() {
  if [ -n "$for_user" ]; then
    remove_program
    say "keeping $HOME/.ollama with the models"
    return
  fi
  if systemd_runs; then
    run systemctl disable --now ollama || true
  fi
  socket_unit=$DESTDIR$UNIT_FOLDER/ollama.socket
  if [ -e "$socket_unit" ]; then
    if systemd_runs; then run systemctl disable --now ollama.socket || true; fi
    run rm -f "$socket_unit"
  fi
  run rm -f "$DESTDIR$UNIT_FOLDER/ollama.service"
  if [ -n "$purge" ]; then run rm -rf "$DESTDIR$UNIT_FOLDER/ollama.service.d"; fi
  if systemd_runs; then run systemctl daemon-reload; fi
  remove_program
  if [ -z "$purge" ]; then
    say "keeping $DESTDIR$SERVICE_HOME with the models, and the user $SERVICE_USER (--purge removes them)"
    return
  fi
  if id "$SERVICE_USER" >/dev/null 2>&1; then run userdel "$SERVICE_USER"; fi
  if getent group "$SERVICE_USER" >/dev/null 2>&1; then run groupdel "$SERVICE_USER"; fi
  run rm -rf "$DESTDIR$SERVICE_HOME"
  say 'removed the program and all models of the service'
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
      --user) for_user=1 ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) fail "unknown argument $argument: --help lists the arguments" ;;
    esac
  done
  if [ -n "$purge" ] && [ "$action" = install ]; then fail '--purge requires --uninstall'; fi
  if [ -n "$purge" ] && [ -n "$for_user" ]; then fail '--purge is not for --user: remove ~/.ollama yourself'; fi
  if [ -n "$for_user" ]; then
    if [ "$(id -u)" -eq 0 ] && [ -n "${SUDO_USER:-}" ]; then fail '--user installs for the user who runs it: run the script without sudo'; fi
    PREFIX=$HOME/.local
  fi
  check_machine
  check_rights
  "do_$action"
}

# The shell reads the whole script before anything runs, even from a pipe.
main "$@"
