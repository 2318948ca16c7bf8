/** The file in which `ollama bench --types` keeps what it has measured on this machine. */
import { z } from 'zod';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import { systemCode } from '../../base/errors.ts';
import { readRegularFile } from '../../base/regular-file.ts';
import type { TypeSpeed } from './speed-table.ts';

/** A file with every type that exists has under 4 KiB. */
const MAX_FILE_BYTES = 64 * 1024;

const rate = z.number().positive();

const fileSchema = z.object({
  /** The processor that was measured; another one needs another measurement. */
  processor: z.string(),
  /** Model whose weights were converted for the measurement. */
  model: z.string(),
  types: z.record(z.string(), z.object({ decode: rate, prefill: rate })),
});

export type SpeedMeasurement = z.infer<typeof fileSchema>;

/**
 * Reads the measurement of this processor. A missing file, one that something else has written, and one of another
 * machine count as none.
 */
export async function readMeasuredSpeeds(
  path: string,
  processor: string,
): Promise<ReadonlyMap<string, TypeSpeed> | undefined> {
  let text: string;
  try {
    text = (await readRegularFile(path, MAX_FILE_BYTES)).toString();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const found = fileSchema.safeParse(parsed(text));
  if (!found.success || found.data.processor !== processor) return undefined;
  return new Map(Object.entries(found.data.types));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @throws OllamaError `storage-full`, `storage-read-only` */
export async function writeMeasuredSpeeds(path: string, measurement: SpeedMeasurement): Promise<void> {
  await writeFileAtomically(path, `${JSON.stringify(measurement, undefined, 2)}\n`);
}
