import type { CallerKey } from '../access/caller-key.ts';
import type { WorkOrder } from '../chat/work/chat-work.ts';
import type { Model } from '../models/model.ts';
import type { RunOrigin } from '../runs/run-origin.ts';

/** The client that a run is for. */
export interface Caller {
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
  /** Name of the client. Clients with the same priority take turns at a busy model; absent = the unnamed client. */
  readonly client?: string | undefined;
  /** Higher priorities are served first; absent = 0. */
  readonly priority?: number | undefined;
  /** Whether it is a line of a large batch, for which a model may be loaded with more slots; absent = false. */
  readonly isForBatch?: boolean | undefined;
  /** By which log lines name the request; absent = none. */
  readonly requestId?: string | undefined;
  /** Counts the answers to one prompt from 0; absent = 0. The first answer stands for the prompt where it counts once. */
  readonly choice?: number | undefined;
  /** The API key of the request; absent = none was needed or given. */
  readonly key?: CallerKey | undefined;
  /** Throws `unauthorized` once that key is invalid, so that what waited for its turn does not begin; absent = it stays valid. */
  readonly requireKey?: (() => void) | undefined;
  /** Whether the request is answered elsewhere when its run ends with this error; absent = never. */
  readonly movesOn?: (error: unknown) => boolean;
  /** What those who follow the run from outside know it by. */
  readonly origin?: RunOrigin | undefined;
}

/** A client's requests to one model share the workers, so that none of them keeps another client, or model, waiting. */
export function workOrder(
  { digest }: Pick<Model, 'digest'>,
  { client = '', signal }: Caller,
  salt: string | undefined,
): WorkOrder {
  return { owner: `${client} ${digest}`, signal, salt };
}
