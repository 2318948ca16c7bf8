/** The cases of the import: folders as Hugging Face holds them, and what llama.cpp's converter and transformers make of them. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceFile } from '../../../src/convert/source-file.ts';
import { type SeededTensor, seededSafetensors } from './seeded-weights.ts';
import { sharedTokenizer } from './shared-tokenizers.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/import', import.meta.url));

/** A folder: its files by name, and the tensors of each file of weights. */
export interface ImportFolder {
  readonly name: string;
  /** JSON, text, or "tokenizers/…": one of the shared vocabularies. */
  readonly files: Readonly<Record<string, unknown>>;
  readonly weights: Readonly<Record<string, readonly SeededTensor[]>>;
}

/** In the order of the hashes of the fixtures. */
export const importTypes = ['F32', 'F16', 'BF16', 'Q8_0'] as const;
export type ImportType = (typeof importTypes)[number];

export interface ExpectedFile {
  /** `general.file_type` for each type; in the metadata it is 0. */
  readonly fileTypes: Readonly<Record<string, number>>;
  /** Type of the weights where none is asked for. */
  readonly automatic: ImportType;
  /** A long list is its length and the start of its hash. */
  readonly metadata: readonly (readonly [key: string, type: string, value: unknown])[];
  /** Hashes for F32, F16, BF16 and Q8_0, or one for all; a tensor whose own type is another one has it in front. */
  readonly tensors: readonly (readonly [name: string, shape: readonly number[], ...hashes: string[]])[];
}

/** What transformers computes. Floats are packed with base64, little-endian. */
export interface ImportOracle {
  readonly tokens: readonly number[];
  /** IDs of the tokens whose logits are kept, after each of the tokens. */
  readonly columns?: readonly number[];
  readonly logits?: string;
  readonly pooled?: string;
  /** What was made to compute as the engine does, and the largest difference that this made. */
  readonly asEngine?: string;
  readonly changedBy?: number;
}

export interface ImportCase extends ImportFolder {
  readonly expected: ExpectedFile;
  readonly oracle?: ImportOracle;
}

export function importCases(): Promise<ImportCase[]> {
  return readFixtures('models');
}

/** An adapter for the model of a case; nothing is expected of the converter where it ignores settings of the adapter. */
export interface ImportAdapter extends ImportFolder {
  readonly base: string;
  readonly expected?: ExpectedFile;
  readonly oracle?: ImportOracle;
}

export function importAdapters(): Promise<ImportAdapter[]> {
  return readFixtures('adapters');
}

/** Cases that the converter writes, but the engine cannot load or would compute wrongly, and what the refusal says. */
export const refusedCases: ReadonlyMap<string, string> = new Map([
  [
    'deepseek-v2-lite',
    'the engine cannot load a model without "q_lora_rank" in config.json that has 2 layers',
  ],
]);

async function readFixtures<T>(kind: string): Promise<T[]> {
  const names = (await readdir(join(fixtures, kind))).sort();
  return Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(fixtures, kind, name), 'utf8'))),
  );
}

/**
 * Writes the folder of a case.
 * @returns its files, as a client names them
 */
export async function writeImportFolder(
  { files, weights }: ImportFolder,
  folder: string,
): Promise<SourceFile[]> {
  const written: SourceFile[] = [];
  const write = async (name: string, content: string | Buffer): Promise<void> => {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    written.push({ name, path });
  };
  for (const [name, content] of Object.entries(files)) await write(name, await contentOf(content));
  for (const [name, tensors] of Object.entries(weights)) await write(name, seededSafetensors(tensors));
  return written;
}

async function contentOf(content: unknown): Promise<string | Buffer> {
  if (typeof content !== 'string') return JSON.stringify(content);
  return content.startsWith('tokenizers/') ? sharedTokenizer(content) : content;
}

export function unpackFloats(packed: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(packed, 'base64')).buffer);
}
