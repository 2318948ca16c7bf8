/** Reads all settings. The environment takes precedence over the config file, and the file over the defaults. */
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf, OllamaError, systemCode } from '../base/errors.ts';
import { MIB } from '../base/units.ts';
import { type ReadSettings, readConfig } from './config.ts';
import type { Environment } from './environment.ts';
import { type ConfigFile, emptyConfigFile } from './file/config-file.ts';
import { settings } from './settings.ts';
import { cleanValue } from './values.ts';

/** Enough for thousands of models. Nobody writes a larger file by hand. */
const MAX_FILE_BYTES = MIB;

/** All settings as they were read once. */
export interface LoadedSettings extends ReadSettings {
  readonly file: ConfigFile;
  /** Path of the config file, whether or not it exists. */
  readonly path: string;
  /** A text that changes whenever the file changes. */
  readonly fingerprint: string;
}

const ABSENT = 'absent';
/** Without O_NONBLOCK, opening a pipe that has no writer would block. Windows lacks the flag. */
const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Reads the environment and the config file. A variable that is not valid keeps its default and adds a warning.
 * @throws OllamaError `invalid-request` for a config file that cannot be read or has an error
 */
export async function loadSettings(environment: Environment): Promise<LoadedSettings> {
  const named = cleanValue(environment[settings.configFile.name]);
  const path = resolve(named || settings.configFile.default(environment));
  const fingerprint = await fingerprintOf(path);
  const text = await readText(path);
  if (text === undefined && named !== '') {
    throw new OllamaError(
      'invalid-request',
      `${path}: no such file: create it, or unset OLLAMA_CONFIG, which names it`,
    );
  }
  // A blank file, such as the null device, is not parsed: loading the parser would double the time of a command.
  const isBlank = text === undefined || text.trim() === '';
  const file = isBlank ? emptyConfigFile : await parse(text, path);
  return { ...readConfig(environment, file.values), file, path, fingerprint };
}

/** A text that differs between two states of a file, even if another file takes its place. */
export async function fingerprintOf(path: string): Promise<string> {
  const facts = await stat(path, { bigint: true }).catch(() => undefined);
  return facts ? `${facts.ino} ${facts.size} ${facts.mtimeNs} ${facts.ctimeNs}` : ABSENT;
}

/** Loads the parser only when there is something to parse, so that commands start quickly. */
async function parse(text: string, path: string): Promise<ConfigFile> {
  const { parseConfigFile } = await import('./file/parse-config-file.ts');
  return parseConfigFile(text, path);
}

async function readText(path: string): Promise<string | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, READ_AT_ONCE);
    return await decode(file, path);
  } catch (error) {
    if (error instanceof OllamaError) throw error;
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw new OllamaError('invalid-request', `${path}: ${messageOf(error)}`, { cause: error });
  } finally {
    await file?.close();
  }
}

async function decode(file: FileHandle, path: string): Promise<string> {
  const facts = await file.stat();
  // The null device, a character device, means "no file".
  if (!facts.isFile() && !facts.isCharacterDevice()) {
    throw new OllamaError('invalid-request', `${path} is not a file: set OLLAMA_CONFIG to a regular file`);
  }
  const bytes = await readBytes(file);
  if (bytes.length > MAX_FILE_BYTES) {
    throw new OllamaError(
      'invalid-request',
      `${path} is larger than ${MAX_FILE_BYTES} bytes, the maximum for a config file`,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new OllamaError('invalid-request', `${path} is not UTF-8 text: save it as UTF-8`, { cause: error });
  }
}

/** Reads at most one byte more than allowed, which shows that the file is too long whatever size it reports. */
async function readBytes(file: FileHandle): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(MAX_FILE_BYTES + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
  }
}
