#!/usr/bin/env bash
# Software: @node-llama-cpp/win-x64 and @node-llama-cpp/linux-x64 3.21.1 (npm), the prebuilt libraries of llama.cpp v0.4.0
# that node-llama-cpp installs. The script needs objdump of GNU binutils, and reads the files only.
#
# Behaviour: the libraries for Windows are compiled without optimization. In the build for processors with AVX2, every second
# instruction reads or writes the stack, because each intermediate result goes there and comes back; in the one for Linux it is every fifth.
#
# Expected instead: the same release of the same package is compiled alike for both systems.
#
# Why it matters: a model runs many times slower on Windows than the processor allows, without any error, and users take that for the
# speed of llama.cpp. The builds for newer processors do not help. Whoever serves models on Windows should measure first, or compile
# llama.cpp.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for system in linux-x64 win-x64; do
  npm pack --silent --ignore-scripts "@node-llama-cpp/$system@3.21.1" >/dev/null
  mkdir "$system"
  tar -xzf "node-llama-cpp-$system-3.21.1.tgz" -C "$system" --strip-components=1
done

# Prints which part of a file's instructions have an operand on the stack.
share() {
  objdump -d --no-show-raw-insn "$1" | awk -F'\t' '
    NF > 1 { all++ }
    /\(%r[sb]p/ { stack++ }
    END { printf "%.0f percent", 100 * stack / all }'
}

for library in ggml-cpu-haswell ggml-cpu-zen4 ggml-base llama.v0.4.0; do
  for system in linux-x64 win-x64; do
    file=$(find "$system/bins" -name "*$library.so" -o -name "*$library.dll")
    echo "$library, $system: $(share "$file") of the instructions use the stack"
  done
done | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
ggml-cpu-haswell, linux-x64: 22 percent of the instructions use the stack
ggml-cpu-haswell, win-x64: 54 percent of the instructions use the stack
ggml-cpu-zen4, linux-x64: 20 percent of the instructions use the stack
ggml-cpu-zen4, win-x64: 56 percent of the instructions use the stack
ggml-base, linux-x64: 14 percent of the instructions use the stack
ggml-base, win-x64: 43 percent of the instructions use the stack
llama.v0.4.0, linux-x64: 16 percent of the instructions use the stack
llama.v0.4.0, win-x64: 44 percent of the instructions use the stack
EXPECTED
echo 'as recorded'
