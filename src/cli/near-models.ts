import { OllamaError } from '../base/errors.ts';
import type { OllamaClient } from '../client/client.ts';
import { nearNames } from '../config/nearest-name.ts';

/** A pull that fails at the manifest may have a mistyped name: the registry lacks the model, or cannot be reached. */
const missingPattern = /not found|file does not exist|couldn't find model|^pull model manifest: /;
const MAX_SUGGESTIONS = 3;
/** Two edits turn a name of at most this length into a different one. */
const SHORT_NAME = 4;

/** Adds local models with a similar name to an error about a missing model. */
export async function withNearModels(
  error: unknown,
  asked: string | undefined,
  client: Pick<OllamaClient, 'list'>,
): Promise<unknown> {
  if (!(error instanceof OllamaError) || asked === undefined || !missingPattern.test(error.message))
    return error;
  const { models } = await client.list().catch(() => ({ models: [] }));
  const near = nearModels(
    asked,
    models.map(({ name }) => name),
  );
  if (near.length === 0) return error;
  const lines = near.map((name) => `\t${name}\n`).join('');
  return new OllamaError(error.code, `${error.message}\n\nDid you mean this?\n${lines}`, {
    status: error.status,
    cause: error,
  });
}

/** Compares whole names, or names without their tags if the requested one has no tag. */
export function nearModels(asked: string, names: readonly string[]): string[] {
  const edits = asked.length > SHORT_NAME ? 2 : 1;
  if (asked.includes(':')) return nearNames(asked, names, edits).slice(0, MAX_SUGGESTIONS);
  const bases = new Map<string, string[]>();
  for (const name of names) {
    const base = name.slice(0, name.lastIndexOf(':'));
    bases.set(base, [...(bases.get(base) ?? []), name]);
  }
  const near = nearNames(asked, [...bases.keys()], edits).flatMap((base) => bases.get(base) ?? []);
  return near.filter((name) => name !== `${asked}:latest`).slice(0, MAX_SUGGESTIONS);
}
