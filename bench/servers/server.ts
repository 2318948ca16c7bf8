import type { Generation, GenerationRequest } from '../generation.ts';

/** A server under test, whichever API it speaks. */
export interface BenchServer {
  readonly label: string;
  readonly url: string;
  /** The cheapest GET that it has. */
  readonly cheapPath: string;
  generate(request: GenerationRequest): Promise<Generation>;
  /** Frees the model; absent where the server always keeps it. */
  unload?(): Promise<void>;
}

/** Sampling that all servers are asked for. */
const sampling = { temperature: 0.8, top_k: 40, top_p: 0.9 } as const;
export const CONTEXT_LENGTH = 2048;

export function samplingWith(temperature: number | undefined) {
  return temperature === undefined ? sampling : { ...sampling, temperature };
}

export function randomSeed(): number {
  return 1 + Math.floor(Math.random() * 9998);
}

export function numberIn(record: Record<string, unknown>, key: string): number | undefined {
  const value = record[key];
  return typeof value === 'number' ? value : undefined;
}

export function textIn(record: Record<string, unknown>, key: string): string {
  const value = record[key];
  return typeof value === 'string' ? value : '';
}

/** @throws Error when the line is no JSON object, or is an error message */
export function parseRecord(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null) throw new Error(`unexpected line: ${line}`);
  if ('error' in value) throw new Error(`the server answered with an error: ${line}`);
  return value as Record<string, unknown>;
}
