/** The section `upstreams` of the config file: other servers that answer for models. */
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { parseDuration } from '../../base/duration.ts';
import { ModelName } from '../../names/model-name.ts';
import type { ConfiguredUpstream, UpstreamModel } from './config-file.ts';
import type { Problem } from './problem.ts';

/** More than a machine is ever connected to; each is compared with the name of every request. */
const MAX_UPSTREAMS = 100;
/** Names and patterns of one upstream, of which each is compared with the name of every request. */
const MAX_MODELS = 1000;
const MAX_CONCURRENT = 10_000;
const MAX_PRIORITY = 1000;
/** Longer than any server keeps a request waiting. */
const MAX_TIMEOUT_MS = 24 * 60 * 60 * 1000;

const DEFAULT_LIMIT = 64;
/** A machine that is there answers a connection within a round trip. */
const DEFAULT_CONNECT_MS = 5000;
/** A cold load of a large model and a long prompt may take this long. */
const DEFAULT_FIRST_BYTE_MS = 10 * 60 * 1000;
/** Servers send a token or a comment at least every few seconds. */
const DEFAULT_IDLE_MS = 60_000;
const DEFAULT_OVERFLOW_MS = 10_000;

const capabilities = ['completion', 'tools', 'vision', 'thinking', 'embedding', 'insert', 'audio'] as const;

const timeout = (description: string) =>
  z
    .union([z.string(), z.number()], { error: 'must be a duration such as "30s", or a number of seconds' })
    .superRefine((value, context) => {
      if (durationOf(value) !== undefined) return;
      context.addIssue({
        code: 'custom',
        message: 'must be a duration such as "30s", more than 0 and at most 24h',
      });
    })
    .meta({ description })
    .exactOptional();

function durationOf(value: string | number): number | undefined {
  try {
    const milliseconds = typeof value === 'number' ? value * 1000 : parseDuration(value);
    return milliseconds > 0 && milliseconds <= MAX_TIMEOUT_MS ? milliseconds : undefined;
  } catch {
    return undefined;
  }
}

const modelPattern = z
  .string({ error: 'must be a name or a pattern such as "gpt-*"' })
  .refine((text) => isPattern(text), {
    error: 'must be the name of a model, or a pattern with "*" such as "gpt-*"',
  });

/** The stars are left out, since no name has any. */
function isPattern(text: string): boolean {
  if (text === '*') return true;
  return text.length <= 350 && ModelName.tryParse(text.replaceAll('*', 'x')) !== undefined;
}

const modelShape = {
  name: modelPattern.meta({ description: 'name by which clients ask for it, or a pattern with "*"' }),
  as: z
    .string()
    .min(1)
    .max(500)
    .meta({ description: 'its name there; a "*" stands for what the "*" of `name` matched' })
    .exactOptional(),
  use: z
    .enum(['always', 'overflow'], { error: 'must be "always" or "overflow"' })
    .meta({
      description:
        'always = only there; overflow = here first, there if the line is too long or the model does not fit (default always)',
    })
    .exactOptional(),
  after: timeout('for `overflow`: how long the line may be (default 10s)'),
  capabilities: z
    .array(z.enum(capabilities))
    .meta({ description: 'what it can do, for lists of models (default completion and tools)' })
    .exactOptional(),
};

const urlSchema = z
  .string()
  .max(2000)
  .refine((text) => isAddress(text), {
    error: 'must be a URL such as "http://10.0.0.5:8000/v1", without a user, password or query',
  });

function isAddress(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { username, password, search, hash } = new URL(text);
  return `${username}${password}${search}${hash}` === '';
}

const filePath = z.string().refine((path) => isAbsolute(path), { error: 'must be an absolute path' });

const upstreamShape = {
  name: z
    .string()
    .regex(/^[\w.-]{1,60}$/, 'must have up to 60 letters, digits, ".", "_" and "-"')
    .meta({ description: 'name in logs, metrics and errors' }),
  url: urlSchema.meta({ description: 'base of its API, as its clients take it' }),
  kind: z
    .enum(['openai', 'ollama', 'anthropic'], { error: 'must be "openai", "ollama" or "anthropic"' })
    .meta({ description: 'which API it has' }),
  key_file: filePath.meta({ description: 'file whose text is the key for it' }).exactOptional(),
  key_env: z
    .string()
    .regex(/^[A-Za-z_]\w{0,127}$/, 'must be the name of an environment variable')
    .meta({ description: 'environment variable that holds the key for it' })
    .exactOptional(),
  models: z
    .array(
      z.union([modelPattern, z.strictObject(modelShape)], {
        error:
          'must be a name, a pattern such as "gpt-*", or an entry with "name" and, where needed, "as", "use" ("always" or "overflow"), "after" and "capabilities"',
      }),
      { error: 'must be a list of models' },
    )
    .min(1, 'must name at least one model')
    .max(MAX_MODELS)
    .meta({ description: 'the models that it answers for: names, patterns, or entries with settings' }),
  limit: z
    .int()
    .min(1)
    .max(MAX_CONCURRENT)
    .meta({ description: 'maximum number of requests at a time (default 64)' })
    .exactOptional(),
  priority: z
    .int()
    .min(-MAX_PRIORITY)
    .max(MAX_PRIORITY)
    .meta({ description: 'of several upstreams for one model, the highest comes first (default 0)' })
    .exactOptional(),
  connect_timeout: timeout('how long to wait for a connection (default 5s)'),
  first_byte_timeout: timeout('how long to wait for the begin of an answer (default 10m)'),
  idle_timeout: timeout('how long an answer may be silent (default 60s)'),
  ca: filePath
    .meta({ description: 'file with further certificate authorities, in PEM format' })
    .exactOptional(),
  extensions: z
    .boolean()
    .meta({
      description:
        'whether it understands more than its API has: for openai the fields of vLLM, for ollama those of ollama-ts (default false)',
    })
    .exactOptional(),
};

const upstreamSchema = z.strictObject(upstreamShape);
type UpstreamFields = z.output<typeof upstreamSchema>;

export const upstreamsField = z
  .array(upstreamSchema, { error: 'must be a list of upstreams' })
  .max(MAX_UPSTREAMS)
  .superRefine((upstreams, context) => {
    for (const { path, message } of upstreamProblems(upstreams)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  })
  .nullish()
  .meta({ description: 'other servers that answer for models' });

export const upstreamKeys = Object.keys(upstreamShape);
export const upstreamModelKeys = Object.keys(modelShape);

function* upstreamProblems(upstreams: readonly UpstreamFields[]): Generator<Problem> {
  const seen = new Set<string>();
  for (const [index, { name, key_file, key_env, kind, models }] of upstreams.entries()) {
    const at = String(index);
    if (seen.has(name.toLowerCase()))
      yield { path: [at, 'name'], message: 'is that of another upstream too' };
    seen.add(name.toLowerCase());
    if (key_file !== undefined && key_env !== undefined) {
      yield { path: [at, 'key_env'], message: 'is given beside "key_file": leave one out' };
    }
    for (const [place, model] of models.entries()) {
      const problem = typeof model === 'string' ? undefined : modelProblem(model, kind);
      if (problem) yield { path: [at, 'models', String(place), problem.field], message: problem.message };
    }
  }
}

type ModelFields = Exclude<UpstreamFields['models'][number], string>;

function modelProblem(
  { name, as = '', use, after, capabilities: abilities }: ModelFields,
  kind: UpstreamFields['kind'],
): { readonly field: string; readonly message: string } | undefined {
  if (stars(as) > 1) return { field: 'as', message: 'has more than one "*"' };
  if (stars(as) === 1 && stars(name) !== 1) {
    return { field: 'as', message: 'has a "*", but "name" has not exactly one' };
  }
  if (after !== undefined && use !== 'overflow') return { field: 'after', message: 'needs `use: overflow`' };
  if (kind === 'anthropic' && abilities?.includes('embedding')) {
    return { field: 'capabilities', message: "has embedding, which Anthropic's API has not" };
  }
  return undefined;
}

function stars(text: string): number {
  return text.split('*').length - 1;
}

export function upstreamEntry(fields: UpstreamFields): ConfiguredUpstream {
  const { name, kind, key_file: keyFile, key_env: keyVariable, ca } = fields;
  return {
    ...{ name, kind, url: fields.url.replace(/\/+$/, '') },
    ...(keyFile !== undefined && { keyFile }),
    ...(keyVariable !== undefined && { keyVariable }),
    ...(ca !== undefined && { ca }),
    models: fields.models.map(modelEntry),
    limit: fields.limit ?? DEFAULT_LIMIT,
    priority: fields.priority ?? 0,
    connectTimeoutMs: milliseconds(fields.connect_timeout, DEFAULT_CONNECT_MS),
    firstByteTimeoutMs: milliseconds(fields.first_byte_timeout, DEFAULT_FIRST_BYTE_MS),
    idleTimeoutMs: milliseconds(fields.idle_timeout, DEFAULT_IDLE_MS),
    extensions: fields.extensions ?? false,
  };
}

/** An upstream that only a stored model names: no key, and nothing beyond its API. */
export function plainUpstream(name: string, url: string): ConfiguredUpstream {
  return { ...upstreamEntry({ name: 'plain', url, kind: 'ollama', models: ['*'] }), name };
}

function modelEntry(model: UpstreamFields['models'][number]): UpstreamModel {
  const fields = typeof model === 'string' ? { name: model } : model;
  return {
    pattern: fields.name,
    ...(fields.as !== undefined && { as: fields.as }),
    ...(fields.use === 'overflow' && { overflowMs: milliseconds(fields.after, DEFAULT_OVERFLOW_MS) }),
    capabilities: fields.capabilities ?? ['completion', 'tools'],
  };
}

function milliseconds(value: string | number | undefined, fallback: number): number {
  return value === undefined ? fallback : (durationOf(value) ?? fallback);
}
