import type { ByteRange } from './part-plan.ts';

/**
 * Parses a `-partial-<n>` file of Ollama's parallel download, which states what is on disk: JSON with Offset, Size and
 * Completed in bytes. Ollama writes it after the data, so it may claim too little but not too much.
 * @returns undefined for any other file
 */
export function parseOllamaPart(text: string): ByteRange | undefined {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const { Offset: start, Size: size, Completed: completed } = value as Record<string, unknown>;
  if (!isCount(start) || !isCount(size) || !isCount(completed) || completed > size) return undefined;
  return { start, end: start + completed };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
