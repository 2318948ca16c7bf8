/** Reads the images and sounds whose paths are in a prompt. */
import { stat } from 'node:fs/promises';
import { MAX_MEDIUM_BYTES } from '../../api/media-text.ts';
import { messageOf, OllamaError, systemCode } from '../../base/errors.ts';
import { NotRegularFileError, openRegularFile } from '../../base/regular-file.ts';
import { MIB } from '../../base/units.ts';
import { homeFolder } from '../../config/environment.ts';
import type { CommandContext } from '../command.ts';
import { findBareNames, findPaths, findPdfPaths, pathMeant, readingsOf, withoutPath } from './file-paths.ts';
import { mediaTypeOf, SNIFFED_BYTES } from './media-type.ts';

const acceptedTypes = new Set([
  ...['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/bmp'],
  ...['audio/wave', 'audio/mpeg', 'audio/flac'],
]);
const soundName = /\.(?:wav|mp3|flac)$/i;
/** Error codes that mean that there is no such file. */
const absentCodes = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);

export interface PromptWithFiles {
  readonly content: string;
  /** Base64. */
  readonly images: readonly string[];
}

type Surroundings = Pick<CommandContext, 'environment'> & {
  readonly stderr: Pick<CommandContext['stderr'], 'write'>;
};

/**
 * Reads the files whose paths are in the text, and removes these paths. Paths without a file stay in the text. Reports on
 * `stderr` which files were added, and which are only named.
 * @throws OllamaError `invalid-request` for a file that exists but cannot be used, `too-large` for more than a request may carry
 */
export async function readPromptFiles(text: string, surroundings: Surroundings): Promise<PromptWithFiles> {
  const { stderr } = surroundings;
  let content = text;
  let room = MAX_MEDIUM_BYTES;
  const images: string[] = [];
  for (const found of new Set(findPaths(text))) {
    const file = await firstFile(readingsOf(found), room, surroundings);
    if (!file) continue;
    stderr.write(`Added ${soundName.test(file.path) ? 'audio' : 'image'} '${file.path}'\n`);
    content = withoutPath(content, file.found);
    room -= file.bytes.length;
    images.push(file.bytes.toString('base64'));
  }
  for (const name of new Set(findBareNames(content))) {
    if (await isFile(name))
      stderr.write(`Not added: '${name}'. Write './${name}' to show it to the model.\n`);
  }
  await notePdfFiles(text, surroundings);
  return { content: images.length > 0 ? content : text, images };
}

/**
 * Reports on `stderr` which files of a text a model without eyes and ears is not shown: it gets their paths as they are, and would
 * make something up about them.
 */
export async function noteUnreadFiles(text: string, surroundings: Surroundings): Promise<void> {
  for (const path of await existing(findPaths(text), surroundings))
    surroundings.stderr.write(`The model takes only text: it is not shown '${path}'\n`);
  await notePdfFiles(text, surroundings);
}

/** The routes that this program uses take no documents. */
async function notePdfFiles(text: string, surroundings: Surroundings): Promise<void> {
  for (const path of await existing(findPdfPaths(text), surroundings))
    surroundings.stderr.write(
      `Not added: '${path}'. This command does not read PDF files: send the text, as of pdftotext, or pictures of the pages.\n`,
    );
}

async function existing(
  paths: readonly string[],
  { environment }: Pick<Surroundings, 'environment'>,
): Promise<string[]> {
  const meant = [...new Set(paths)].map((found) =>
    firstExisting(readingsOf(found).map((one) => pathMeant(one, homeFolder(environment)))),
  );
  return (await Promise.all(meant)).filter((path) => path !== undefined);
}

async function firstExisting(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isFile(path)) return path;
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** @param room bytes that the request can still carry */
async function firstFile(readings: readonly string[], room: number, { stderr, environment }: Surroundings) {
  for (const found of readings) {
    const path = pathMeant(found, homeFolder(environment));
    try {
      return { found, path, bytes: await readMedia(path, room) };
    } catch (error) {
      if (absentCodes.has(systemCode(error) ?? '')) continue;
      const reason = messageOf(error);
      stderr.write(`Couldn't process file: ${JSON.stringify(reason)}\n`);
      throw new OllamaError('invalid-request', reason, { cause: error });
    }
  }
  return undefined;
}

async function readMedia(path: string, room: number): Promise<Buffer> {
  const file = await openRegularFile(path).catch((error: unknown) => {
    if (!(error instanceof NotRegularFileError)) throw error;
    throw new OllamaError('invalid-request', `not a file: ${path}`, { cause: error });
  });
  try {
    const status = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFFED_BYTES), 0, SNIFFED_BYTES, 0);
    const type = mediaTypeOf(buffer.subarray(0, bytesRead));
    if (!acceptedTypes.has(type)) throw new OllamaError('invalid-request', `invalid file type: ${type}`);
    if (status.size > room) {
      throw new OllamaError(
        'too-large',
        `the files have more than ${MAX_MEDIUM_BYTES / MIB} MiB: send smaller ones`,
      );
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
