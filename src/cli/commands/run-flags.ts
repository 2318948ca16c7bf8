import { parseKeepAlive } from '../../api/keep-alive.ts';
import type { Think } from '../../api/think.ts';
import { OllamaError } from '../../base/errors.ts';
import { type Flag, type FlagValues, textFlag } from '../command.ts';
import type { Format, SessionSettings } from '../repl/session.ts';
import { isThinkLevel } from '../repl/think-levels.ts';

export const runFlags: Readonly<Record<string, Flag>> = {
  dimensions: { type: 'string', placeholder: 'int', help: 'Truncate embeddings to this many dimensions' },
  format: { type: 'string', help: 'Format of the answer: json, or a JSON schema', values: ['json'] },
  hidethinking: { type: 'boolean', help: 'Hide the thinking' },
  insecure: { type: 'boolean', help: 'Use plain HTTP if the model has to be pulled' },
  keepalive: { type: 'string', help: 'How long to keep the model loaded (for example 5m)' },
  nowordwrap: { type: 'boolean', help: 'Do not wrap lines between words' },
  think: {
    type: 'string',
    optionalValue: 'true',
    values: ['true', 'false', 'high', 'medium', 'low', 'max'],
    help: 'Turn thinking on or off, or set its level: true, false, high, medium, low or max',
  },
  truncate: {
    type: 'boolean',
    help: 'Truncate input that is too long for an embedding model; with =false, refuse it',
  },
  verbose: { type: 'boolean', help: 'Show timings after each answer' },
};

/** @throws OllamaError `invalid-request` for a value that is not valid */
export function readSettings(flags: FlagValues): SessionSettings {
  const keepAlive = textFlag(flags, 'keepalive') || undefined;
  // Refuses what the server would refuse, before the model is looked for.
  parseKeepAlive(keepAlive);
  return {
    wordWrap: flags.nowordwrap !== true,
    verbose: flags.verbose === true,
    hideThinking: flags.hidethinking === true,
    options: {},
    think: readThink(textFlag(flags, 'think')),
    format: readFormat(textFlag(flags, 'format')),
    keepAlive,
  };
}

function readThink(text: string | undefined): Think | undefined {
  if (text === undefined) return undefined;
  if (text === '' || text === 'true') return true;
  if (text === 'false') return false;
  if (isThinkLevel(text)) return text;
  const message = `invalid value for --think: "${text}" (must be true, false, high, medium, low, or max)`;
  throw new OllamaError('invalid-request', message);
}

function readFormat(text: string | undefined): Format | undefined {
  if (text === undefined || text === '') return undefined;
  if (text === 'json') return text;
  const message = 'invalid value for --format: must be json or a JSON schema';
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (error) {
    throw new OllamaError('invalid-request', message, { cause: error });
  }
  if (schema === null || typeof schema !== 'object' || Array.isArray(schema)) {
    throw new OllamaError('invalid-request', message);
  }
  return { ...schema };
}
