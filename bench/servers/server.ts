import type { Generation, GenerationRequest } from '../generation.ts';

/** A server under test, whichever API it speaks. */
export interface BenchServer {
  readonly label: string;
  readonly url: string;
  /** Model of the requests that name none; absent if the server has a single one. */
  readonly model?: string;
  /** Process ID, if this run started it. */
  readonly pid: number | undefined;
  /** Path of the server's cheapest GET request. */
  readonly cheapPath: string;
  generate(request: GenerationRequest): Promise<Generation>;
  /** One user message through OpenAI's chat completions, until the last of `tokens`; absent if not supported. */
  chat?(request: GenerationRequest): Promise<Generation>;
  /** Whether requests can name this model; absent if the server has a single one. */
  hasModel?(name: string): Promise<boolean>;
  /** Unloads the model; absent if the server always keeps it loaded. */
  unload?(): Promise<void>;
}

/** Sampling options sent to every server. */
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

/** @throws Error if the line is not a JSON object, or is an error message */
export function parseRecord(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null) throw new Error(`unexpected line: ${line}`);
  if ('error' in value) throw new Error(`the server returned an error: ${line}`);
  return value as Record<string, unknown>;
}
