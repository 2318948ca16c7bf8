/** Reads all settings: the environment over the config file over the defaults. */
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf, OllamaError, systemCode } from '../base/errors.ts';
import { type ReadSettings, readConfig } from './config.ts';
import { type ConfigFile, emptyConfigFile } from './file/config-file.ts';
import { type Environment, settings } from './settings.ts';
import { cleanValue } from './values.ts';

/** Room for thousands of models; more is no file that anybody wrote. */
const MAX_FILE_BYTES = 1024 * 1024;

/** All settings as they were read once. */
export interface LoadedSettings extends ReadSettings {
  readonly file: ConfigFile;
  /** Of the config file, whether it is there or not. */
  readonly path: string;
  /** Changes with the file. */
  readonly fingerprint: string;
}

const ABSENT = 'absent';
/** A pipe that nobody writes to would keep a plain open waiting. Windows lacks the flag. */
const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Reads the environment and the config file. A variable that is not valid keeps its default and adds a warning.
 * @throws OllamaError `invalid-request` for a config file that cannot be read, or says what it must not
 */
export async function loadSettings(environment: Environment): Promise<LoadedSettings> {
  const named = cleanValue(environment[settings.configFile.name]);
  const path = resolve(named || settings.configFile.default(environment));
  const fingerprint = await fingerprintOf(path);
  const text = await readText(path);
  if (text === undefined && named !== '') {
    throw new OllamaError('invalid-request', `${path}: no such file, though OLLAMA_CONFIG names it`);
  }
  // As the null device is, which stands for no file: the parser would cost a command half its time.
  const isBlank = text === undefined || text.trim() === '';
  const file = isBlank ? emptyConfigFile : await parse(text, path);
  return { ...readConfig(environment, file.values), file, path, fingerprint };
}

/** What tells one state of a file from another, also when another file takes its place. */
export async function fingerprintOf(path: string): Promise<string> {
  const facts = await stat(path, { bigint: true }).catch(() => undefined);
  return facts ? `${facts.ino} ${facts.size} ${facts.mtimeNs} ${facts.ctimeNs}` : ABSENT;
}

/** The parser is loaded only when there is something to parse: a command should start quickly. */
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
  // The null device stands for "no file", wherever the user's own is.
  if (!facts.isFile() && !facts.isCharacterDevice()) {
    throw new OllamaError('invalid-request', `${path}: is not a file`);
  }
  const bytes = await readBytes(file);
  if (bytes.length > MAX_FILE_BYTES) {
    throw new OllamaError('invalid-request', `${path}: is larger than ${MAX_FILE_BYTES} bytes`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new OllamaError('invalid-request', `${path}: is not UTF-8 text`, { cause: error });
  }
}

/** One byte more than allowed tells that the file is longer, whatever it says of its size. */
async function readBytes(file: FileHandle): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(MAX_FILE_BYTES + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
  }
}
