/** Parses a config file. This module is loaded only if there is a file. */
import { type Document, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { parseOptions } from '../../api/options/options.ts';
import { messageOf, OllamaError } from '../../base/errors.ts';
import { ModelName } from '../../names/model-name.ts';
import { nearestName } from '../nearest-name.ts';
import { keepAliveSetting } from '../values.ts';
import type { Alias, ConfigFile, ModelSettings } from './config-file.ts';
import { type FileValue, fileSettings, fileText } from './file-keys.ts';
import { nameKey } from './file-names.ts';
import { positionOf } from './file-position.ts';
import { configFileSchema, type FileSections, knownKeys, sectionsSchema } from './file-schema.ts';
import { keyEntry } from './key-section.ts';
import { upstreamEntry } from './upstream-section.ts';

/** Maximum number of YAML references (`*name`) to expand: enough for shared options, too few to exhaust the memory. */
const MAX_REFERENCES = 100;
/** Maximum number of characters of a text that is quoted in an error. */
const MAX_QUOTED = 80;

interface Source {
  readonly path: string;
  readonly lines: LineCounter;
}

/** @throws OllamaError `invalid-request` that begins with "path:line:column: " */
export function parseConfigFile(text: string, path: string): ConfigFile {
  const source: Source = { path, lines: new LineCounter() };
  const document = parseYaml(text, source);
  const content = plainContent(document, source) ?? {};
  const checked = configFileSchema.safeParse(content);
  if (!checked.success) throw refuse(source, firstProblem(document, checked.error));
  return convert(checked.data, sectionsSchema.parse(content));
}

function parseYaml(text: string, source: Source): Document.Parsed {
  let document: Document.Parsed;
  try {
    document = parseDocument(text, {
      lineCounter: source.lines,
      schema: 'core',
      uniqueKeys: true,
      prettyErrors: false,
    });
  } catch (error) {
    throw refuse(source, { offset: 0, message: unreadable(error) });
  }
  // The parser reports an unknown tag as a warning only.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) throw refuse(source, { offset: problem.pos[0], message: problem.message });
  return document;
}

function plainContent(document: Document.Parsed, source: Source): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_REFERENCES });
  } catch (error) {
    throw refuse(source, { offset: 0, message: unreadable(error) });
  }
}

/** Text that is nested thousands of levels deep overflows the parser's stack. */
function unreadable(error: unknown): string {
  return error instanceof RangeError ? 'is nested too deeply' : messageOf(error);
}

interface Located {
  readonly offset: number;
  readonly message: string;
}

function firstProblem(document: Document.Parsed, { issues }: z.ZodError): Located {
  const located = issues.flatMap((issue) => describe(document, issue));
  located.sort((left, right) => left.offset - right.offset);
  const { offset = 0, message = 'cannot be read' } = located[0] ?? {};
  // Several problems of one value count as one.
  const others = new Set(located.map((problem) => problem.offset)).size - 1;
  return { offset, message: others > 0 ? `${message} (and ${others} more)` : message };
}

function describe(document: Document.Parsed, issue: z.core.$ZodIssue): Located[] {
  if (issue.code !== 'unrecognized_keys') {
    const field = issue.path.map((part) => quoted(String(part))).join('.');
    const message = field === '' ? issue.message : `${field}: ${issue.message}`;
    const isOfKey = issue.code === 'custom' && issue.params?.isOfKey === true;
    return [{ offset: positionOf(document, issue.path, isOfKey), message }];
  }
  return issue.keys.map((key) => ({
    offset: positionOf(document, [...issue.path, key], true),
    message: `${[...issue.path.map(String), quoted(key)].join('.')}: is not a known key; the nearest one is "${nearestName(key, knownKeys(issue.path))}"`,
  }));
}

function quoted(text: string): string {
  const shown = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text;
  return /^[\w./:-]+$/.test(shown) ? shown : JSON.stringify(shown);
}

function refuse({ path, lines }: Source, { offset, message }: Located): OllamaError {
  const { line, col } = lines.linePos(offset);
  return new OllamaError('invalid-request', `${path}:${Math.max(line, 1)}:${Math.max(col, 1)}: ${message}`);
}

function convert(
  data: Readonly<Record<string, unknown>>,
  { models, aliases, keys, upstreams }: FileSections,
): ConfigFile {
  const values = new Map<string, string>();
  for (const { fileKey, setting } of fileSettings) {
    const value = data[fileKey];
    if (value !== undefined && value !== null) values.set(setting.name, fileText(value as FileValue));
  }
  return {
    values,
    models: new Map(Object.entries(models ?? {}).map(modelEntry)),
    aliases: new Map(Object.entries(aliases ?? {}).map(aliasEntry)),
    keys: (keys ?? []).map(keyEntry),
    upstreams: (upstreams ?? []).map(upstreamEntry),
  };
}

type ModelFields = NonNullable<FileSections['models']>[string];
type AliasFields = NonNullable<FileSections['aliases']>[string];

function modelEntry([text, fields]: [string, ModelFields]): [string, ModelSettings & { name: string }] {
  const name = ModelName.parse(text);
  const settings = {
    name: name.short,
    ...keepAliveOf(fields),
    ...(fields.num_parallel !== undefined && { numParallel: fields.num_parallel }),
    pin: fields.pin ?? false,
    preload: fields.preload ?? false,
    options: parseOptions(fields.options ?? {}),
  };
  return [nameKey(name), settings];
}

function aliasEntry([text, fields]: [string, AliasFields]): [string, Alias] {
  const name = ModelName.parse(text);
  const target = ModelName.parse(fields.model).short;
  const alias = {
    name: name.short,
    target,
    ...keepAliveOf(fields),
    options: parseOptions(fields.options ?? {}),
  };
  return [nameKey(name), alias];
}

function keepAliveOf({ keep_alive: value }: Pick<AliasFields, 'keep_alive'>): { keepAliveMs?: number } {
  return value === undefined ? {} : { keepAliveMs: keepAliveSetting(String(value), 0).value };
}
