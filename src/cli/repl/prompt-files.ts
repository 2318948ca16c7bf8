/** Reads the images and sounds whose paths are in a prompt. */
import { messageOf, OllamaError, systemCode } from '../../base/errors.ts';
import { NotRegularFileError, openRegularFile } from '../../base/regular-file.ts';
import { MIB } from '../../base/units.ts';
import { findPaths, readingsOf, unescapePath, withoutPath } from './file-paths.ts';
import { mediaTypeOf, SNIFFED_BYTES } from './media-type.ts';

/** Ollama's limit. A picture has a few MB, ten minutes of sound 20 MB. */
const MAX_FILE_BYTES = 100 * MIB;

const acceptedTypes = new Set(['image/jpeg', 'image/png', 'image/webp', 'audio/wave']);
/** Error codes that mean that there is no such file. */
const absentCodes = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);

export interface PromptWithFiles {
  readonly content: string;
  /** Base64. */
  readonly images: readonly string[];
}

/**
 * Reads the files whose paths are in the text, and removes these paths. Paths without a file stay in the text. Reports on
 * `stderr` which files were added.
 * @throws OllamaError `invalid-request` for a file that exists but cannot be used
 */
export async function readPromptFiles(
  text: string,
  stderr: Pick<NodeJS.WriteStream, 'write'>,
): Promise<PromptWithFiles> {
  let content = text;
  const images: string[] = [];
  for (const found of new Set(findPaths(text))) {
    const file = await firstFile(readingsOf(found), stderr);
    if (!file) continue;
    const kind = file.path.toLowerCase().endsWith('.wav') ? 'audio' : 'image';
    stderr.write(`Added ${kind} '${file.path}'\n`);
    content = withoutPath(content, file.found);
    images.push(file.bytes.toString('base64'));
  }
  return { content: images.length > 0 ? content : text, images };
}

async function firstFile(readings: readonly string[], stderr: Pick<NodeJS.WriteStream, 'write'>) {
  for (const found of readings) {
    const path = unescapePath(found);
    try {
      return { found, path, bytes: await readMedia(path) };
    } catch (error) {
      if (absentCodes.has(systemCode(error) ?? '')) continue;
      const reason = messageOf(error);
      stderr.write(`Couldn't process file: ${JSON.stringify(reason)}\n`);
      throw new OllamaError('invalid-request', reason, { cause: error });
    }
  }
  return undefined;
}

async function readMedia(path: string): Promise<Buffer> {
  const file = await openRegularFile(path).catch((error: unknown) => {
    if (!(error instanceof NotRegularFileError)) throw error;
    throw new OllamaError('invalid-request', `not a file: ${path}`, { cause: error });
  });
  try {
    const status = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFFED_BYTES), 0, SNIFFED_BYTES, 0);
    const type = mediaTypeOf(buffer.subarray(0, bytesRead));
    if (!acceptedTypes.has(type)) throw new OllamaError('invalid-request', `invalid file type: ${type}`);
    if (status.size > MAX_FILE_BYTES) {
      throw new OllamaError('too-large', 'file size exceeds maximum limit (100MB)');
    }
    const bytes = Buffer.alloc(status.size);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead: more } = await file.read(bytes, length, bytes.length - length, length);
      if (more === 0) break;
      length += more;
    }
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}
