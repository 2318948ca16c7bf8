"""Makes torch's build for CUDA run on a machine without CUDA.

On Linux, the torch wheel of PyPI needs some 3 GB of CUDA libraries only to be imported. Nothing of them runs on a processor, so
each one that is absent gets an empty stand-in: a shared object with the same name, symbols and symbol versions, whose functions
return 0. The first function that torch asks for a device says that there is none.

Usage: python stand_ins.py    (with the interpreter of the environment; needs gcc and binutils)
"""

import collections
import ctypes.util
import importlib.util
import pathlib
import re
import subprocess
import tempfile

# cudaErrorNoDevice and CUDA_ERROR_NO_DEVICE of the CUDA headers have this number.
NO_DEVICE = 100
REFUSES = {"cudaGetDeviceCount", "cuInit", "cuDeviceGetCount"}


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def needed(library: pathlib.Path) -> list[str]:
    return re.findall(r"\(NEEDED\).*\[(.+?)\]", output("readelf", "--wide", "--dynamic", str(library)))


def symbols(library: pathlib.Path):
    """Yields (name, version or None, is it defined here)."""
    for line in output("readelf", "--wide", "--dyn-syms", str(library)).splitlines():
        fields = line.split()
        if len(fields) < 8 or not fields[0].rstrip(":").isdigit():
            continue
        name, _, version = fields[7].replace("@@", "@").partition("@")
        yield name, version or None, fields[6] != "UND"


def version_owners(library: pathlib.Path) -> dict[str, str]:
    """Which library each needed symbol version belongs to."""
    owners: dict[str, str] = {}
    file = ""
    for line in output("readelf", "--wide", "--version-info", str(library)).splitlines():
        if match := re.search(r"File: (\S+)", line):
            file = match[1]
        elif file and (match := re.search(r"Name: (\S+)", line)):
            owners[match[1]] = file
    return owners


def compile_stand_in(folder: pathlib.Path, name: str, versions: dict[str | None, set[str]]) -> None:
    source = ""
    for function in sorted(set().union(*versions.values())):
        source += f"long {function}(void) {{ return {NO_DEVICE if function in REFUSES else 0}; }}\n"
    script = ""
    for version, names in versions.items():
        if version is not None:
            script += f"{version} {{ global: {' '.join(f'{each};' for each in sorted(names))} }};\n"
    with tempfile.TemporaryDirectory() as work:
        path = pathlib.Path(work)
        (path / "stand-in.c").write_text(source)
        (path / "versions").write_text(script)
        command = ["gcc", "-shared", "-fPIC", "-w", "-fno-builtin", f"-Wl,-soname,{name}", "-o", str(folder / name)]
        if script:
            command.append(f"-Wl,--version-script={path / 'versions'}")
        subprocess.run([*command, str(path / "stand-in.c")], check=True)


def main() -> None:
    specification = importlib.util.find_spec("torch")
    if specification is None or specification.origin is None:
        raise SystemExit("torch is not installed in this environment")
    folder = pathlib.Path(specification.origin).parent / "lib"
    libraries = sorted(path for path in folder.glob("*.so*") if path.is_file())
    present = {path.name for path in libraries}
    wanted = {name for path in libraries for name in needed(path)}
    missing = {name for name in wanted - present if re.match(r"lib(cu|nv|nccl)", name) and not ctypes.util.find_library(name)}
    exported = {name for path in libraries for name, _, is_defined in symbols(path) if is_defined}
    stand_ins: dict[str, dict[str | None, set[str]]] = {name: collections.defaultdict(set) for name in missing}
    for path in libraries:
        owners = version_owners(path)
        without_version = [name for name in needed(path) if name in missing]
        for name, version, is_defined in symbols(path):
            if is_defined or name in exported:
                continue
            if version is not None and owners.get(version) in missing:
                stand_ins[owners[version]][version].add(name)
            elif version is None and without_version and re.match(r"_?(cu|nv|nccl)", name):
                stand_ins[without_version[0]][None].add(name)
    for name, versions in sorted(stand_ins.items()):
        compile_stand_in(folder, name, versions)
        print(f"{name}: {sum(map(len, versions.values()))} functions")


if __name__ == "__main__":
    main()
