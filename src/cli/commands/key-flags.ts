import { type CreateKeyRequest, createKeyRequestSchema } from '../../api/keys.ts';
import { parseRequest } from '../../api/parse-request.ts';
import { scopes } from '../../api/scopes.ts';
import { OllamaError } from '../../base/errors.ts';
import { type Flag, type FlagValues, textFlag } from '../command.ts';

/** The flags that become numbers of a request. */
const countFlags = {
  rpm: 'requests_per_minute',
  rpd: 'requests_per_day',
  tpm: 'tokens_per_minute',
  tpd: 'tokens_per_day',
  concurrent: 'concurrent',
} as const;

/** The flags that say what a new key may do. */
export const grantFlags: Readonly<Record<string, Flag>> = {
  scope: {
    type: 'string',
    placeholder: 'SCOPES',
    help: `What the key may do, separated by commas: ${scopes.join(', ')} (default generate,read,tools)`,
    values: scopes,
  },
  model: {
    type: 'string',
    placeholder: 'PATTERNS',
    help: 'Models that it may use, separated by commas, such as "qwen*" (default all)',
  },
  rpm: { type: 'string', placeholder: 'N', help: 'Maximum number of requests per minute' },
  rpd: { type: 'string', placeholder: 'N', help: 'Maximum number of requests per day' },
  tpm: { type: 'string', placeholder: 'N', help: 'Maximum number of tokens per minute' },
  tpd: { type: 'string', placeholder: 'N', help: 'Maximum number of tokens per day' },
  concurrent: { type: 'string', placeholder: 'N', help: 'Maximum number of requests at the same time' },
  priority: {
    type: 'string',
    placeholder: 'LEVEL',
    help: 'Highest priority that its requests may have: low, normal, high, or -10 to 10 (default normal)',
  },
  expires: {
    type: 'string',
    placeholder: 'TIME',
    help: 'When it ends: a duration such as 30d, or a time such as 2030-01-31 (default never)',
  },
};

/**
 * Builds the request for a new key.
 * @throws OllamaError `invalid-request` naming what is wrong
 */
export function createRequestOf(name: string, flags: FlagValues): CreateKeyRequest {
  const fields: Record<string, unknown> = { name };
  for (const flag of ['scope', 'model'] as const) {
    const text = textFlag(flags, flag);
    if (text !== undefined) fields[`${flag}s`] = listOf(flag, text);
  }
  for (const [flag, field] of Object.entries(countFlags)) {
    const text = textFlag(flags, flag);
    if (text !== undefined) fields[field] = countOf(flag, text);
  }
  for (const flag of ['priority', 'expires'] as const) {
    const text = textFlag(flags, flag);
    if (text !== undefined) fields[flag] = text;
  }
  return parseRequest(createKeyRequestSchema, fields).request;
}

/** An empty list would mean all models, which nobody wants whose variable in `--model "$MODELS"` is not set. */
function listOf(flag: string, text: string): string[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length > 0) return items;
  throw new OllamaError('invalid-request', `--${flag} is empty: name something, or leave the flag out`);
}

function countOf(flag: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new OllamaError('invalid-request', `--${flag} must be a whole number of at least 1`);
}
