import { createDeferred, type Deferred } from '../../base/deferred.ts';
import type { MediaFacts } from '../../protocol/load.ts';
import type { MediaSpan } from '../../protocol/media.ts';
import { MediaEncoder, type MediaNeed } from '../media/media-encoder.ts';
import type { MediaInbox } from '../media/media-inbox.ts';
import type { Projector } from '../media/projector.ts';
import { endOf, gridPositions, isOnePiece, positionOf, spanAt } from '../media/spans.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import { RowBatch } from './row-batch.ts';
import type { FilledStep, StepEntry } from './step.ts';

/** What a batch loop needs for pictures and sound. */
export interface MediaParts {
  readonly projector: Projector;
  readonly facts: MediaFacts;
  readonly inbox: MediaInbox;
  /** Maximum number of rows in one call. */
  readonly rowsPerCall: number;
  /** Bytes of rows that are kept. */
  readonly cacheBytes: number;
  /** Called after each stage of the encoder. */
  readonly onStage: () => void;
}

interface MediaStepParts extends MediaParts {
  readonly bindings: Pick<Bindings, 'setCausal'>;
  readonly context: Pointer;
}

/** A sequence with media, as far as its rows are concerned. */
export interface MediaSequence {
  /** The request that it belongs to. */
  readonly id: number;
  readonly canceled: boolean;
  readonly spans: readonly MediaSpan[];
  /** Its place in the KV cache, and the tokens that are computed. */
  readonly slot: { readonly id: number; readonly tokens: { readonly length: number } };
}

/** The part of a loop for rows that do not come from the token table: when they are encoded, and how a call computes them. */
export class MediaSteps {
  readonly #parts: MediaStepParts;
  readonly #encoder: MediaEncoder;
  readonly #batch: RowBatch;
  readonly #failures = new Map<string, unknown>();
  #hasChanged = false;
  #change: Deferred<void> | undefined;

  constructor(parts: MediaStepParts) {
    this.#parts = parts;
    this.#batch = new RowBatch(parts.rowsPerCall, parts.facts.rowWidth);
    this.#encoder = new MediaEncoder({
      ...parts,
      onChange: () => this.noteChange(),
      onFailure: (digest, error) => this.#failures.set(digest, error),
    });
  }

  get facts(): MediaFacts {
    return this.#parts.facts;
  }

  get batch(): RowBatch {
    return this.#batch;
  }

  /** Whether a sequence comes next to rows that are not encoded yet. */
  isWaiting({ slot, spans }: MediaSequence): boolean {
    const span = spanAt(spans, slot.tokens.length);
    return span !== undefined && !this.#encoder.has(span.digest);
  }

  /** The next rows of a sequence; undefined where it continues with text. */
  rows({ slot, spans }: MediaSequence, count: number): Float32Array | undefined {
    const from = slot.tokens.length;
    const span = spanAt(spans, from);
    const { rowWidth } = this.#parts.facts;
    const first = span ? (from - span.start) * rowWidth : 0;
    return span && this.#encoder.rows(span.digest)?.subarray(first, first + count * rowWidth);
  }

  /** Must be called between steps with all running sequences. @returns those whose media cannot be had, with the reason */
  update<Running extends MediaSequence>(running: readonly Running[]): Map<Running, unknown> {
    const needs = running.flatMap(needsOf);
    this.#encoder.update(needs);
    const failed = new Map<Running, unknown>();
    for (const sequence of running) {
      const piece = sequence.spans.find(
        (span) => endOf(span) > sequence.slot.tokens.length && this.#failures.has(span.digest),
      );
      if (piece) failed.set(sequence, this.#failures.get(piece.digest));
    }
    this.#failures.clear();
    return failed;
  }

  /**
   * Computes one stage of the encoder.
   * @param isAlone whether no sequence had anything to compute
   * @returns false when it has nothing to do
   */
  turn(isAlone: boolean): Promise<boolean> {
    return this.#encoder.turn(isAlone);
  }

  /** Must be called when no request is left. @returns whether it must be called again */
  end(): Promise<boolean> {
    return this.#encoder.end();
  }

  /** Must be called when something may have come for the loop to do. */
  noteChange(): void {
    this.#hasChanged = true;
    this.#change?.resolve();
  }

  /** Waits until there may be something to do: data, a request, a cancellation. */
  async waitForChange(): Promise<void> {
    this.#change = createDeferred();
    if (!this.#hasChanged) await this.#change.promise;
    this.#hasChanged = false;
  }

  /** Puts the rows of an entry into the batch. */
  fill(entry: StepEntry, rows: Float32Array): FilledStep {
    const { sequence, tokens } = entry;
    const isLast = sequence.slot.tokens.length + tokens === sequence.tokens.length;
    this.place(sequence, rows, tokens, isLast || sequence.isScoring ? 1 : 0);
    const placed = { ...entry, firstIndex: 0, outputIndex: isLast ? tokens - 1 : undefined, isPadded: false };
    return { entries: [placed], padding: [], isWhole: true };
  }

  /**
   * Puts the next rows of a sequence into the batch.
   * @param outputs number of rows, the last ones, whose results are wanted
   */
  place({ slot, spans }: MediaSequence, rows: Float32Array, count: number, outputs: number): void {
    const from = slot.tokens.length;
    const span = spanAt(spans, from);
    const positions =
      span && this.#parts.facts.hasGridPositions
        ? gridPositions(spans, span, from, count)
        : Int32Array.from({ length: count }, (_, row) => positionOf(spans, from + row));
    this.#batch.fill(rows, positions, slot.id, outputs);
  }

  /** Decodes rows of a sequence, which are in the batch; if they attend to each other in both directions, they are all of a piece. */
  async decode({ slot, spans }: MediaSequence, decode: () => Promise<number>): Promise<number> {
    const { bindings, context, facts } = this.#parts;
    const span = spanAt(spans, slot.tokens.length);
    if (!span || !isOnePiece(span, facts.isBidirectional)) return decode();
    bindings.setCausal(context, false);
    try {
      return await decode();
    } finally {
      bindings.setCausal(context, true);
    }
  }
}

/** The pieces of a sequence that are not computed yet, in order. */
function needsOf({ id, slot, spans, canceled }: MediaSequence): MediaNeed[] {
  if (canceled) return [];
  const missing = spans.filter((span) => endOf(span) > slot.tokens.length);
  return missing.map((piece, before) => ({ id, piece, before }));
}
