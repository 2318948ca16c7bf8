/** One streamed completion as seen by the client. All times are in seconds. */
export interface Generation {
  /** From sending the request to the first non-empty token. */
  readonly firstTokenAfter: number;
  /** From sending the request to the end of the answer. */
  readonly duration: number;
  /** Arrival time of each chunk with text, on the clock of `performance.now()`. */
  readonly chunkTimes: readonly number[];
  /** Counted by the server. */
  readonly promptTokens: number;
  readonly completionTokens: number;
}

export interface GenerationRequest {
  readonly prompt: string;
  /** Maximum number of tokens to generate. */
  readonly tokens: number;
  /** Default: the temperature of the common sampling settings. */
  readonly temperature?: number;
  /** Another model than the server's; see `BenchServer.hasModel`. */
  readonly model?: string;
  /** JSON schema of the answer. */
  readonly format?: object;
  /** Further options of the native API. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal | undefined;
  readonly onToken?: (() => void) | undefined;
}

/** Tokens per second after the first token; undefined if there are too few tokens to measure. */
export function decodeRate({ chunkTimes, completionTokens }: Generation): number | undefined {
  const span = (chunkTimes.at(-1) ?? 0) - (chunkTimes[0] ?? 0);
  return completionTokens > 8 && span > 0 ? (completionTokens - 1) / span : undefined;
}

/** The content of one line of a stream. */
export interface StreamChunk {
  readonly text: string;
  readonly promptTokens?: number | undefined;
  readonly completionTokens?: number | undefined;
}

/** Measures a stream from the moment its request is sent. */
export async function measureGeneration(
  chunks: AsyncIterable<StreamChunk>,
  onToken: (() => void) | undefined,
): Promise<Generation> {
  const now = () => performance.now() / 1000;
  const start = now();
  const chunkTimes: number[] = [];
  let promptTokens = 0;
  let completionTokens: number | undefined;
  for await (const chunk of chunks) {
    if (chunk.text !== '') {
      chunkTimes.push(now());
      onToken?.();
    }
    promptTokens = chunk.promptTokens ?? promptTokens;
    completionTokens = chunk.completionTokens ?? completionTokens;
  }
  const end = now();
  return {
    firstTokenAfter: (chunkTimes[0] ?? end) - start,
    duration: end - start,
    chunkTimes,
    promptTokens,
    completionTokens: completionTokens ?? chunkTimes.length,
  };
}
