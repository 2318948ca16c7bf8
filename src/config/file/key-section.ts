/** The section `keys` of the config file. */
import { z } from 'zod';
import { keyFields, keyNameSchema } from '../../api/keys.ts';
import type { ConfiguredKey } from './config-file.ts';
import type { Problem } from './problem.ts';

const dateForm = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}))?$/;

export const keyShape = {
  name: keyNameSchema.meta({ description: 'name of the key, which logs and tables show' }),
  hash: z
    .string({ error: 'must be "sha256:" and 64 hexadecimal digits' })
    .regex(/^sha256:[0-9a-fA-F]{64}$/, 'must be "sha256:" and 64 hexadecimal digits')
    .meta({ description: 'SHA-256 of the key; the key itself does not belong into this file' }),
  ...keyFields,
  expires: z
    .string()
    .refine((text) => dateForm.test(text) && !Number.isNaN(Date.parse(text)), {
      error: 'must be a time such as "2030-01-31" or "2030-01-31T12:00:00Z"',
    })
    .meta({ description: 'time from which the key is no longer accepted' })
    .exactOptional(),
};

type KeyFieldsOfFile = z.output<z.ZodObject<typeof keyShape>>;

/** Reports names and hashes that occur twice. */
export function* keyProblems(keys: readonly KeyFieldsOfFile[]): Generator<Problem> {
  for (const field of ['name', 'hash'] as const) {
    const seen = new Set<string>();
    for (const [index, key] of keys.entries()) {
      const value = key[field].toLowerCase();
      if (seen.has(value)) yield { path: [String(index), field], message: 'is that of another key too' };
      seen.add(value);
    }
  }
}

export function keyEntry({ name, hash, expires, ...grants }: KeyFieldsOfFile): ConfiguredKey {
  return {
    name,
    hash: hash.slice('sha256:'.length).toLowerCase(),
    ...(expires !== undefined && { expiresAt: Date.parse(expires) }),
    grants,
  };
}
