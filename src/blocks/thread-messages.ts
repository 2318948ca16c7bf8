import type { HeldReport } from '../protocol/held-report.ts';
import type { EventStreamOptions } from './event-stream.ts';

/** What the thread that publishes the events is started with. */
export interface PublishTask extends EventStreamOptions {
  /** "tcp://host:port" */
  readonly address: string;
  /** Absent = nobody can ask for what they missed. */
  readonly replayAddress?: string;
}

/** Why a socket could not be opened, and which one. */
export interface ListenFailure {
  readonly address: string;
  readonly isReplay: boolean;
  readonly message: string;
}

export type ToPublisher =
  | {
      readonly type: 'report';
      readonly engine: number;
      readonly model: string;
      readonly report: HeldReport;
    }
  | { readonly type: 'end'; readonly engine: number; readonly model: string };

export type FromPublisher =
  | { readonly type: 'open' }
  /** Nothing is published. @see ListenFailure */
  | ({ readonly type: 'failed' } & ListenFailure)
  /** One report was published. The figures count from the start. */
  | {
      readonly type: 'done';
      readonly batches: number;
      /** Messages that readers were too slow for. */
      readonly skipped: number;
      /** Blocks that are stored now. */
      readonly blocks: number;
    };
