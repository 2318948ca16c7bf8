import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { embeddedFile } from '../base/program/own-files.ts';

/** The parts of WebAssembly that are used here: its types come with those of browsers, which this program does not use. */
declare namespace WebAssembly {
  interface Memory {
    readonly buffer: ArrayBuffer;
  }
  interface Place {
    readonly module: string;
    readonly name: string;
  }
  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): readonly Place[];
  }
  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, () => number>>>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
}

const modules = new Map<string, WebAssembly.Module>();

/** The functions that every codec here has, beside its own. */
export interface CodecMemory {
  readonly memory: WebAssembly.Memory;
  malloc(bytes: number): number;
  free(address: number): void;
}

/**
 * Starts a codec for one file. Each file has an instance of its own: its memory begins small and is given back with it, and a
 * file that confuses the codec harms no other. A codec sees nothing but the memory of its instance: the functions that it
 * would call the system with end it.
 * @param path of the compiled codec within its package, such as `@cwasm/webp/webp.wasm`
 */
export function startCodec<Exports extends CodecMemory>(path: string): Exports {
  let module = modules.get(path);
  if (!module) {
    module = new WebAssembly.Module(bytesOf(path));
    modules.set(path, module);
  }
  const imports: Record<string, Record<string, () => number>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] = { ...imports[from], [name]: systemCall(name) };
  }
  // The module is one version of one package, whose functions are known.
  return new WebAssembly.Instance(module, imports).exports as unknown as Exports;
}

function bytesOf(path: string): Buffer {
  return embeddedFile(path) ?? readFileSync(createRequire(import.meta.url).resolve(path));
}

/** libjpeg reports errors by `longjmp`; where it would return to is up to us, as nothing of the instance is used again. */
function systemCall(name: string): () => number {
  if (name === 'setjmp' || name === 'environ_sizes_get') return () => 0;
  return () => {
    throw new Error(`a codec called ${name}`);
  };
}

/** Copies bytes into the memory of a codec. @returns their address there */
export function lend({ memory, malloc }: CodecMemory, bytes: Uint8Array): number {
  const address = malloc(bytes.length);
  if (address === 0) throw new Error('a codec has no memory left');
  new Uint8Array(memory.buffer, address, bytes.length).set(bytes);
  return address;
}
