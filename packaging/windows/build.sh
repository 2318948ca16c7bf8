#!/usr/bin/env bash
# Builds llama.cpp's libraries for Windows on Linux, as the npm package ollama-ts-win-x64. README.md says what it needs.
set -euo pipefail
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=1790556072

readonly package=ollama-ts-win-x64 version=0.5.0 llama_tag=v0.5.0
# The npm package that carries llama.cpp's source, as a git bundle with one commit.
readonly source_name=node-llama-cpp source_version=3.22.1
readonly source_sha512=6e5b488a9b9699cd76dc7eed30880318a4ac4ab866865418795502e3c5d38d55bb5c624988927209d95333343f2e25a83e4183a5c2f816f883a60c3ba9f4e20f
readonly source_commit=de3ff815ea7d559ee917f063901b8986f038abc6
# Without sapphirerapids: ggml does not ask whether the system lets programs use AMX, and Windows 10 and Wine do not.
readonly all_variants=x64,sse42,sandybridge,ivybridge,piledriver,haswell,skylakex,cannonlake,cascadelake,icelake,cooperlake,zen4,alderlake
readonly target=x86_64-w64-mingw32

usage() {
  cat <<TEXT
Usage: packaging/windows/build.sh [--variants LIST] [--jobs NUMBER] [--output FOLDER]

Prints the folder that holds $package/ and $package-$version.tgz. It is built once for each set of options.

  --variants LIST   Builds for processors, for example x64,haswell (default: all 13)
  --jobs NUMBER     Number of compilers that run at once (default: the number of processors)
  --output FOLDER   Copy the result to this folder
TEXT
}

fail() {
  printf 'build.sh: %s\n' "$1" >&2
  exit 1
}

variants=$all_variants jobs=$(nproc) output=''
while [ $# -gt 0 ]; do
  case $1 in
    --variants | --jobs | --output)
      [ $# -ge 2 ] || fail "$1 needs a value"
      case $1 in
        --variants) variants=$2 ;;
        --jobs) jobs=$2 ;;
        --output) output=$2 ;;
      esac
      shift
      ;;
    --help)
      usage
      exit
      ;;
    *) fail "unknown option $1: see --help" ;;
  esac
  shift
done
[[ $jobs =~ ^[1-9][0-9]?$ ]] || fail "--jobs must be a number from 1 to 99, not \"$jobs\""
# In the order of the table, so that the same set is built once.
chosen=()
for known in ${all_variants//,/ }; do
  [[ ,$variants, == *,$known,* ]] && chosen+=("$known")
done
for name in ${variants//,/ }; do
  [[ ,$all_variants, == *,$name,* ]] || fail "unknown variant \"$name\": known are $all_variants"
done
[ ${#chosen[@]} -gt 0 ] || fail '--variants names none'

readonly needed=("$target-gcc-posix" "$target-g++-posix" "$target-windres" "$target-strip" cmake ninja git npm node)
for program in "${needed[@]}"; do
  command -v "$program" >/dev/null || fail "$program is missing: apt-get install g++-mingw-w64-x86-64-posix cmake ninja-build git"
done

cache=${OLLAMA_TS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ollama-ts}/windows
compiler=$("$target-g++-posix" --version | head -n 1)
key=$({
  cat "$0"
  echo "${chosen[*]} $compiler"
} | sha256sum | cut -c 1-16)
result=$cache/$key
mkdir -p "$cache"

# The source as npm has it, checked; npm compares a digest only with what the registry itself says.
fetch_source() {
  local file=$cache/$source_name-$source_version.tgz
  if [ ! -f "$file" ]; then
    (cd "$work" && npm pack "$source_name@$source_version" --ignore-scripts --silent >/dev/null)
    mv "$work/$source_name-$source_version.tgz" "$file"
  fi
  if ! echo "$source_sha512  $file" | sha512sum --check --status; then
    rm -f "$file"
    fail "$source_name $source_version has another digest than the one in this script"
  fi
  tar -xzf "$file" -C "$work" package/llama/gitRelease.bundle package/llama/patches
  git init --quiet "$work/source"
  git -C "$work/source" fetch --quiet "$work/package/llama/gitRelease.bundle" HEAD
  git -C "$work/source" -c advice.detachedHead=false checkout --quiet "$source_commit"
  # The Linux packages are built with the same patches.
  git -C "$work/source" apply "$work"/package/llama/patches/*.diff
}

# Leaves the chosen processors in llama.cpp's list, and writes what older headers lack.
prepare_source() {
  local pattern
  pattern=$(IFS='|' && echo "${chosen[*]}")
  sed -i -E "/^ *ggml_add_cpu_backend_variant\(/{/\((${pattern})[ )]/!d}" "$work/source/ggml/src/CMakeLists.txt"
  [ "$(grep -cE "^ *ggml_add_cpu_backend_variant\(" "$work/source/ggml/src/CMakeLists.txt")" = ${#chosen[@]} ] ||
    fail "llama.cpp's list of processors is not what this script expects"
  : >"$work/missing.h"
  if ! echo THREAD_POWER_THROTTLING_STATE | "$target-gcc-posix" -include windows.h -E - 2>/dev/null |
    grep -q 'THREAD_POWER_THROTTLING_STATE;'; then
    cat >"$work/missing.h" <<'TEXT'
typedef struct { unsigned long Version, ControlMask, StateMask; } THREAD_POWER_THROTTLING_STATE;
#define THREAD_POWER_THROTTLING_CURRENT_VERSION 1
#define THREAD_POWER_THROTTLING_EXECUTION_SPEED 1
TEXT
  fi
}

compile() {
  # Windows aligns the stack to 16 bytes only, and GCC stores wider registers there as if it were aligned to more.
  local flags="-D_WIN32_WINNT=0x0A00 -Wa,-muse-unaligned-vector-move -ffile-prefix-map=$work=."
  local link='-s -Wl,--no-insert-timestamp'
  cmake -S "$work/source" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_SYSTEM_NAME=Windows -DCMAKE_SYSTEM_PROCESSOR=x86_64 \
    -DCMAKE_C_COMPILER="$target-gcc-posix" -DCMAKE_CXX_COMPILER="$target-g++-posix" \
    -DCMAKE_RC_COMPILER="$target-windres" \
    -DCMAKE_C_FLAGS="$flags -include $work/missing.h" -DCMAKE_CXX_FLAGS="$flags" \
    -DCMAKE_SHARED_LINKER_FLAGS="$link" -DCMAKE_MODULE_LINKER_FLAGS="$link" \
    -DBUILD_SHARED_LIBS=ON -DGGML_BACKEND_DL=ON -DGGML_CPU_ALL_VARIANTS=ON -DGGML_NATIVE=OFF -DGGML_OPENMP=OFF \
    -DLLAMA_BUILD_COMMON=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
    -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_OPENSSL=OFF \
    -DLLAMA_BUILD_NUMBER=0 -DLLAMA_BUILD_COMMIT="$llama_tag" >"$work/cmake.log" 2>&1 ||
    { tail -n 30 "$work/cmake.log" >&2 && fail 'cmake failed'; }
  nice ninja -C "$work/build" -j "$jobs" ggml llama >"$work/ninja.log" 2>&1 ||
    { tail -n 30 "$work/ninja.log" >&2 && fail 'the compiler failed'; }
}

# The runtime of GCC and of threads, which belongs beside the libraries because Windows has none of it.
copy_runtime() {
  local file from
  for file in libstdc++-6.dll libgcc_s_seh-1.dll libwinpthread-1.dll; do
    from=$("$target-g++-posix" -print-file-name="$file")
    [ -f "$from" ] || fail "$file is not beside the compiler"
    "$target-strip" -o "$1/$file" "$from"
  done
}

copy_licenses() {
  cp "$work/source/LICENSE" "$1/LICENSE"
  mkdir "$1/licenses"
  # One file of ggml has another holder of rights; its head is its license.
  sed '/^$/q' "$work/source/ggml/src/ggml-cpu/llamafile/sgemm.cpp" >"$1/licenses/llamafile"
  local name
  for name in gcc-mingw-w64-x86-64-posix-runtime mingw-w64-x86-64-dev; do
    cp -L "/usr/share/doc/$name/copyright" "$1/licenses/$name"
  done
  cp -L /usr/share/common-licenses/GPL-3 "$1/licenses/GPL-3"
}

describe() {
  cat >"$1/package.json" <<TEXT
{
  "name": "$package",
  "version": "$version",
  "description": "llama.cpp $llama_tag for Windows on x86-64, for ollama-ts",
  "license": "SEE LICENSE IN LICENSE and licenses/",
  "os": ["win32"],
  "cpu": ["x64"],
  "main": "bins/build.json",
  "files": ["bins/", "licenses/"]
}
TEXT
  local list
  list=$(printf ', "%s"' "${chosen[@]}")
  cat >"$1/bins/build.json" <<TEXT
{
  "llama.cpp": "$llama_tag",
  "source": "$source_name@$source_version",
  "compiler": "$compiler",
  "variants": [${list:2}]
}
TEXT
}

assemble() {
  local folder=$work/result/$package libraries=$work/result/$package/bins/$package
  mkdir -p "$libraries"
  cp "$work"/build/bin/*.dll "$libraries/"
  copy_runtime "$libraries"
  copy_licenses "$folder"
  describe "$folder"
  (cd "$work/result" && npm pack "./$package" --ignore-scripts --silent >/dev/null)
}

# Only one process builds; others wait for it and find the result.
exec 9>"$cache/lock"
flock 9
if [ ! -d "$result" ]; then
  work=$(mktemp -d "$cache/build-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  fetch_source
  prepare_source
  compile
  assemble
  mv "$work/result" "$result"
fi
if [ -n "$output" ]; then
  mkdir -p "$output"
  cp -R "$result/." "$output/"
  result=$output
fi
echo "$result"
