/** Runs the oracle of `oracle.cpp`, and compares what it computed with what we did. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureMediaOracle, missingTool } from '../../scripts/media-oracle.mjs';

const run = promisify(execFile);

/** Building takes one to four minutes, once. */
export const ORACLE_BUILD_MS = 600_000;

/** @returns path of the program, or the name of what is missing to build it */
export async function mediaOracle(): Promise<{ readonly program: string } | { readonly missing: string }> {
  const missing = await missingTool();
  return missing === undefined ? { program: await ensureMediaOracle() } : { missing };
}

export interface OracleEncoding {
  readonly mmproj: string;
  readonly attention: 'auto' | 'off' | 'on';
  readonly threads?: number;
  readonly repeats?: number;
  /** Formats of the data: `oracle.cpp`. */
  readonly kind: string;
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface OracleRows {
  readonly rows: number;
  readonly width: number;
  readonly milliseconds: readonly number[];
  readonly values: Float32Array;
}

/** Encodes one piece with libmtmd. */
export async function encodeWithOracle(program: string, encoding: OracleEncoding): Promise<OracleRows> {
  const { mmproj, attention, threads = 1, repeats = 1, kind, width, height, data } = encoding;
  const folder = await mkdtemp(join(tmpdir(), 'oracle-'));
  try {
    const input = join(folder, 'input');
    const output = join(folder, 'output');
    await writeFile(input, data);
    const numbers = [threads, repeats].map(String);
    const { stdout } = await run(program, [
      'encode',
      mmproj,
      attention,
      ...numbers,
      kind,
      String(width),
      String(height),
      input,
      output,
    ]);
    const bytes = await readFile(output);
    const values = new Float32Array(
      bytes.buffer,
      bytes.byteOffset,
      bytes.length / Float32Array.BYTES_PER_ELEMENT,
    );
    return { ...(JSON.parse(stdout) as Omit<OracleRows, 'values'>), values: values.slice() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface OraclePreparation {
  readonly mmproj: string;
  /** GGUF file with a vocabulary. */
  readonly textModel: string;
  readonly limits: { readonly minTokens?: number; readonly maxTokens?: number };
  readonly width: number;
  readonly height: number;
  /** RGB, 8 bit. */
  readonly data: Uint8Array;
}

/** A text, or a piece. */
export interface OraclePart {
  readonly text?: string;
  readonly pieces?: readonly { readonly width: number; readonly height: number }[];
  readonly columns?: number;
  readonly lines?: number;
  readonly tokens?: number | readonly number[];
  readonly positions?: number;
}

/**
 * Prepares a picture with libmtmd.
 * @returns the parts that replace its mark, and the values of all pieces behind each other
 */
export async function prepareWithOracle(
  program: string,
  { mmproj, textModel, limits, width, height, data }: OraclePreparation,
): Promise<{ readonly parts: readonly OraclePart[]; readonly values: Float32Array }> {
  const folder = await mkdtemp(join(tmpdir(), 'oracle-'));
  try {
    const input = join(folder, 'input');
    const output = join(folder, 'output');
    await writeFile(input, data);
    const numbers = [limits.minTokens ?? -1, limits.maxTokens ?? -1, width, height].map(String);
    const { stdout } = await run(program, ['prepare', mmproj, textModel, ...numbers, input, output]);
    const bytes = await readFile(output);
    const count = bytes.length / Float32Array.BYTES_PER_ELEMENT;
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, count);
    return { parts: JSON.parse(stdout) as OraclePart[], values: values.slice() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface Difference {
  /** Largest difference of two values, as a part of the root of the mean square of what is expected. */
  readonly most: number;
  readonly cosine: number;
}

export function compare(found: Float32Array, expected: Float32Array): Difference {
  if (found.length !== expected.length)
    throw new Error(`${found.length} values, and ${expected.length} were expected`);
  let most = 0;
  let product = 0;
  let ours = 0;
  let theirs = 0;
  for (const [index, value] of expected.entries()) {
    const own = found[index] ?? Number.NaN;
    // Not Math.max alone: it would keep NaN, but a comparison with NaN must not pass either.
    most = Math.max(most, Math.abs(own - value));
    product += own * value;
    ours += own * own;
    theirs += value * value;
  }
  return { most: most / Math.sqrt(theirs / expected.length), cosine: product / Math.sqrt(ours * theirs) };
}
