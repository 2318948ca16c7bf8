/** Loads llama.cpp's prebuilt libraries, which `platform/library-folder.ts` finds. */
import { existsSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import koffi from 'koffi';
import { messageOf, OllamaError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import { findLibraryFolder, isLibraryFile } from '../../platform/library-folder.ts';

type Library = ReturnType<typeof koffi.load>;

export interface Libraries {
  readonly folder: string;
  readonly ggmlBase: Library;
  readonly ggml: Library;
  readonly llama: Library;
}

/**
 * llama.cpp keeps large arrays on its stack while it tokenizes and loads. koffi's default for a worker thread is 128
 * KiB.
 */
const WORKER_STACK_BYTES = 8 * MIB;

/**
 * Where `@node-llama-cpp/linux-x64-cuda-ext` has its library for CUDA 12; the one for CUDA 13 is in the folder above.
 */
const SPARE_FOLDER = 'fallback';

/** @throws OllamaError `load-failed` when there is no library with this stem, such as "llama" */
export function findLibrary(folder: string, stem: string): string {
  const file = readdirSync(folder).find((name) => isLibraryFile(name, stem));
  if (!file) throw new OllamaError('load-failed', `the library ${stem} is missing from ${folder}`);
  return join(folder, file);
}

/** ggml's names of registries that are not the names of their files. */
const registryByFile: Readonly<Record<string, string>> = { metal: 'MTL' };

/**
 * The name under which ggml registers the library of a GPU; letter case does not matter to it.
 * @param path such as "…/libggml-cuda.so" or "…\\ggml-vulkan.dll"; modules end in .so on macOS, too
 * @returns undefined for other files, and for the builds for processors ("libggml-cpu-haswell.so")
 */
export function registryNameOf(path: string): string | undefined {
  const name = /\b(?:lib)?ggml-([a-z]+)\.(?:so|dll)$/.exec(path)?.[1];
  return name === undefined || name === 'base' ? undefined : (registryByFile[name] ?? name);
}

/** Paths of the builds for older drivers, which are used when the newer ones do not load. */
export function spareLibraries(folder: string): string[] {
  const spares = join(folder, SPARE_FOLDER);
  return existsSync(spares) ? readdirSync(spares).map((file) => join(spares, file)) : [];
}

function loadSpares(ggml: Library, folder: string): void {
  const registryByName = ggml.func('void *ggml_backend_reg_by_name(const char *)');
  const load = ggml.func('void *ggml_backend_load(const char *)');
  for (const path of spareLibraries(folder)) {
    const name = registryNameOf(path);
    if (name !== undefined && registryByName(name) === null) load(path);
  }
}

/**
 * Loads the libraries and lets ggml choose the build for this processor.
 * @throws OllamaError `load-failed` when a library is missing or does not load
 */
export function loadLibraries(folder = findLibraryFolder()): Libraries {
  const libraries = loadWithoutBackends(folder);
  const { ggml } = libraries;
  return explained(() => {
    ggml.func('void ggml_backend_load_all_from_path(const char *)')(folder + sep);
    loadSpares(ggml, folder);
    return libraries;
  });
}

/**
 * Loads the libraries, but nothing that computes: enough for vocabularies.
 * @throws OllamaError `load-failed` when a library is missing or does not load
 */
export function loadWithoutBackends(folder = findLibraryFolder()): Libraries {
  koffi.config({ async_stack_size: WORKER_STACK_BYTES });
  return explained(() => ({
    folder,
    ggmlBase: open(folder, 'ggml-base'),
    ggml: open(folder, 'ggml'),
    llama: open(folder, 'llama'),
  }));
}

/**
 * Loads only ggml's basic library, which has the types of numbers, but no backend and no model.
 * @throws OllamaError `load-failed` when it is missing or does not load
 */
export function loadBaseLibrary(folder = findLibraryFolder()): Libraries['ggmlBase'] {
  return explained(() => open(folder, 'ggml-base'));
}

function open(folder: string, stem: string): Library {
  return koffi.load(findLibrary(folder, stem), { global: true, lazy: true });
}

function explained<Result>(load: () => Result): Result {
  try {
    return load();
  } catch (error) {
    if (error instanceof OllamaError) throw error;
    throw new OllamaError('load-failed', `the inference libraries do not load: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
