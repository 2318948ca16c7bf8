import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { OraclePart } from './media-oracle.ts';

const run = promisify(execFile);

/**
 * Prepares sound of one channel at 16 kHz with libmtmd.
 * @returns the parts that replace its mark, and the values of all pieces behind each other
 */
export async function prepareSoundWithOracle(
  program: string,
  { mmproj, textModel, samples }: { mmproj: string; textModel: string; samples: Float32Array },
): Promise<{ readonly parts: readonly OraclePart[]; readonly values: Float32Array }> {
  const folder = await mkdtemp(join(tmpdir(), 'oracle-'));
  try {
    const [input, output] = [join(folder, 'input'), join(folder, 'output')];
    await writeFile(input, new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    const { stdout } = await run(program, [
      'prepare-sound',
      mmproj,
      textModel,
      `${samples.length}`,
      input,
      output,
    ]);
    const bytes = new Uint8Array(await readFile(output));
    return { parts: JSON.parse(stdout) as OraclePart[], values: new Float32Array(bytes.buffer) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
