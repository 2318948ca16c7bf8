/** Reads all settings: the environment over the config file over the defaults. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf, OllamaError, systemCode } from '../base/errors.ts';
import { type ReadSettings, readConfig } from './config.ts';
import { type ConfigFile, emptyConfigFile } from './config-file.ts';
import { type Environment, settings } from './settings.ts';
import { cleanValue } from './values.ts';

/** Room for thousands of models; more is no file that anybody wrote. */
const MAX_FILE_BYTES = 1024 * 1024;

export interface LoadedSettings extends ReadSettings {
  readonly file: ConfigFile;
  /** Of the config file, whether it is there or not. */
  readonly path: string;
  /** Changes with the file. */
  readonly fingerprint: string;
}

const ABSENT = 'absent';

/** @throws OllamaError `invalid-request` for a config file that cannot be read, or says what it must not */
export async function loadSettings(environment: Environment): Promise<LoadedSettings> {
  const named = cleanValue(environment[settings.configFile.name]);
  const path = resolve(named || settings.configFile.default(environment));
  const fingerprint = await fingerprintOf(path);
  const text = await readText(path);
  if (text === undefined && named !== '') {
    throw new OllamaError('invalid-request', `${path}: no such file, though OLLAMA_CONFIG names it`);
  }
  const file = text === undefined ? emptyConfigFile : await parse(text, path);
  return { ...readConfig(environment, file.values), file, path, fingerprint };
}

/** What tells one state of a file from another, also when another file takes its place. */
export async function fingerprintOf(path: string): Promise<string> {
  const facts = await stat(path, { bigint: true }).catch(() => undefined);
  return facts ? `${facts.ino} ${facts.size} ${facts.mtimeNs} ${facts.ctimeNs}` : ABSENT;
}

/** The parser is loaded only when there is something to parse: a command should start quickly. */
async function parse(text: string, path: string): Promise<ConfigFile> {
  const { parseConfigFile } = await import('./parse-config-file.ts');
  return parseConfigFile(text, path);
}

async function readText(path: string): Promise<string | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
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
  if (!facts.isFile()) throw new OllamaError('invalid-request', `${path}: is not a file`);
  // One byte more tells that the file is longer, whatever it said of its size.
  const buffer = Buffer.alloc(Math.min(facts.size, MAX_FILE_BYTES) + 1);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  if (bytesRead > MAX_FILE_BYTES) {
    throw new OllamaError('invalid-request', `${path}: is larger than ${MAX_FILE_BYTES} bytes`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead));
  } catch (error) {
    throw new OllamaError('invalid-request', `${path}: is not UTF-8 text`, { cause: error });
  }
}
