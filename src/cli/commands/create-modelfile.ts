import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { OllamaError, systemCode } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import { holdsModel } from './create-folder.ts';

export interface ModelfileSource {
  readonly bytes: Uint8Array;
  /** Base folder of relative paths in the Modelfile. */
  readonly folder: string;
}

const DEFAULT_MODELFILE = 'Modelfile';
/** Enough for any licence. A larger file is most likely the weights themselves. */
const MAX_BYTES = 16 * MIB;

/** Stands for a missing Modelfile in a folder that holds a model. */
const IMPLIED = 'FROM .\n';

/**
 * @param file path of the Modelfile; "-" = standard input; undefined = "Modelfile", and if it is missing, the model in the
 *   current folder
 * @throws OllamaError `invalid-request`
 */
export async function readModelfile(
  file: string | undefined,
  stdin: AsyncIterable<Uint8Array | string>,
): Promise<ModelfileSource> {
  if (file !== undefined) return readSource(file, stdin);
  const folder = process.cwd();
  const exists = await stat(DEFAULT_MODELFILE).then(
    () => true,
    (error: unknown) => systemCode(error) !== 'ENOENT',
  );
  if (exists || !(await holdsModel(folder))) return readSource(DEFAULT_MODELFILE, stdin);
  return { bytes: Buffer.from(IMPLIED), folder };
}

async function readSource(file: string, stdin: AsyncIterable<Uint8Array | string>): Promise<ModelfileSource> {
  if (file === '-') return { bytes: await readAll(stdin, 'standard input'), folder: process.cwd() };
  try {
    if ((await stat(file)).isDirectory())
      throw refuse(`${file} is a folder: name the Modelfile in it with -f`);
    return { bytes: await readAll(createReadStream(file), file), folder: dirname(resolve(file)) };
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw refuse(`${file} does not exist: create it, or name another Modelfile with -f`, error);
  }
}

async function readAll(source: AsyncIterable<Uint8Array | string>, name: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > MAX_BYTES) throw refuse(`${name} is larger than 16 MiB, the maximum for a Modelfile`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function refuse(message: string, cause?: unknown): OllamaError {
  return new OllamaError('invalid-request', message, { cause });
}
