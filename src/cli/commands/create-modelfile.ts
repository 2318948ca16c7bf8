import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { OllamaError, systemCode } from '../../base/errors.ts';

export interface ModelfileSource {
  readonly bytes: Uint8Array;
  /** Relative paths in the Modelfile start here. */
  readonly folder: string;
}

/** Room for every licence; more is most likely the weights themselves. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * @param file "-" for standard input
 * @throws OllamaError `invalid-request`
 */
export async function readModelfile(
  file: string,
  stdin: AsyncIterable<Uint8Array | string>,
): Promise<ModelfileSource> {
  if (file === '-') return { bytes: await readAll(stdin, 'the standard input'), folder: process.cwd() };
  try {
    if ((await stat(file)).isDirectory()) throw refuse(`${file} is a folder: name the Modelfile in it`);
    return { bytes: await readAll(createReadStream(file), file), folder: dirname(resolve(file)) };
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw refuse(`no Modelfile at ${file}: write one, or name it with -f`, error);
  }
}

async function readAll(source: AsyncIterable<Uint8Array | string>, name: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > MAX_BYTES) throw refuse(`${name} is larger than 16 MiB: no Modelfile is`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function refuse(message: string, cause?: unknown): OllamaError {
  return new OllamaError('invalid-request', message, { cause });
}
