/** Decides which inputs the next step of an embedding model computes. It is pure, so that fairness can be tested. */

/** A request with unfinished inputs. */
export interface WaitingInputs {
  readonly id: number;
  /** Number of tokens still to compute for each input, in order; never empty, never 0. */
  readonly lengths: readonly number[];
  /** Whether the first input was begun in an earlier step. */
  readonly isBegun: boolean;
}

export interface PlanLimits {
  /** Number of tokens that a step should have. */
  readonly targetTokens: number;
  /** Maximum number of inputs per step. */
  readonly inputs: number;
  /** Whether an input may be computed over several steps; at most one at a time. */
  readonly canSplit: boolean;
  /** Whether something else occupies the place of an input over several steps; absent = no. */
  readonly isSplitTaken?: boolean;
}

/** A share of one input. */
export interface PlannedInput {
  readonly id: number;
  /** Index in the request's `lengths`. */
  readonly index: number;
  readonly tokens: number;
}

/**
 * Takes one input of each request in turn until the step is full, so that a long list neither delays others nor is
 * delayed by them. An input larger than a step gets a step of its own, or is split.
 */
export function planInputs(waiting: readonly WaitingInputs[], limits: PlanLimits): PlannedInput[] {
  const plan = new StepPlan(limits, waiting.find((request) => request.isBegun)?.id);
  let open = waiting.map((request) => ({ request, next: 0 }));
  while (open.length > 0 && !plan.isFull) {
    open = open.filter((turn) => {
      const length = turn.request.lengths[turn.next];
      if (length === undefined || !plan.take(turn.request.id, turn.next, length)) return false;
      turn.next += 1;
      return true;
    });
  }
  return plan.inputs;
}

class StepPlan {
  readonly inputs: PlannedInput[] = [];
  readonly #limits: PlanLimits;
  #room: number;
  /** The request whose first input is computed in parts. */
  #splitId: number | undefined;

  constructor(limits: PlanLimits, splitId: number | undefined) {
    this.#limits = limits;
    this.#room = limits.targetTokens;
    this.#splitId = splitId;
  }

  get isFull(): boolean {
    return this.#room <= 0 || this.inputs.length >= this.#limits.inputs;
  }

  /** @returns whether the whole input, or all that remains of it, fits */
  take(id: number, index: number, length: number): boolean {
    if (this.isFull) return false;
    const tokens = this.#share(id, index, length);
    if (tokens === 0) return false;
    this.inputs.push({ id, index, tokens });
    this.#room -= tokens;
    return tokens === length;
  }

  #share(id: number, index: number, length: number): number {
    const continues = this.#splitId === id && index === 0;
    if (continues) return Math.min(length, this.#room);
    if (length <= this.#room) return length;
    if (!this.#limits.canSplit) return this.inputs.length === 0 ? length : 0;
    const isTaken = this.#splitId !== undefined || this.#limits.isSplitTaken === true;
    if (length <= this.#limits.targetTokens || isTaken) return 0;
    this.#splitId = id;
    return this.#room;
  }
}
