import type { BatchEndpoint } from '../api/batches.ts';

/** The request of a line. */
export interface LineRequest {
  readonly endpoint: BatchEndpoint;
  /** ID of the key that the batch belongs to, or the name of those without one. */
  readonly owner: string;
  /** Whether there are so many lines that a model is loaded with more slots for them. */
  readonly isOfLargeBatch: boolean;
  /** JSON. */
  readonly body: Buffer;
  readonly signal: AbortSignal;
}

export interface SentReply {
  readonly status: number;
  readonly requestId: string;
  /** JSON, on one line. */
  readonly body: string;
  /** Seconds; absent = the reply does not say when to try again. */
  readonly retryAfterS?: number;
}

/** Answers a request as if its owner had sent it. @throws OllamaError `unauthorized` when the owner's key is gone */
export type SendLine = (request: LineRequest) => Promise<SentReply>;

/** How many lines of an owner may be sent at the same time. */
export type LinesAtOnce = (owner: string) => number;
