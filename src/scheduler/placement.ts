import type { OllamaError } from '../base/errors.ts';
import { admits, type Instance, serves, type WaitingRequest } from './instance.ts';
import { Ledger } from './ledger.ts';
import type { LoadTarget } from './load-target.ts';
import { memoryShortage } from './memory-shortage.ts';
import { type SchedulerSettings, slotChoices } from './settings.ts';
import { chooseVictims } from './victims.ts';

export interface PlannedLoad {
  readonly target: LoadTarget;
  readonly slots: number;
  readonly bytes: number;
  /** All queued requests that this load will serve, in order. */
  readonly requests: WaitingRequest[];
}

export interface Placement {
  readonly admitted: { readonly request: WaitingRequest; readonly instance: Instance }[];
  readonly loads: PlannedLoad[];
  readonly rejected: { readonly request: WaitingRequest; readonly error: OllamaError }[];
  /** Those that find neither a runner nor room yet. */
  readonly queue: WaitingRequest[];
}

export interface PlacementInput {
  readonly queue: readonly WaitingRequest[];
  readonly instances: readonly Instance[];
  readonly maxLoaded: number;
  readonly settings: SchedulerSettings;
  readonly availableBytes: () => number;
}

/**
 * Decides for each queued request, in order: a runner that fits admits it; else a load starts if there is room that
 * no earlier request waits for; else instances are marked `leaving` to make room. Once a request finds no room even
 * so, later ones start no loads, but are still admitted by loaded runners.
 */
export function placeRequests(input: PlacementInput): Placement {
  for (const instance of input.instances) instance.leaving = false;
  const planner = new Planner(input);
  for (const request of input.queue) planner.place(request);
  return planner.placement;
}

class Planner {
  readonly placement: Placement = { admitted: [], loads: [], rejected: [], queue: [] };
  readonly #input: PlacementInput;
  #madeLedger: Ledger | undefined;
  /** Models that an earlier request waits to load; another set of options has to come after it. */
  readonly #reservedKeys = new Set<string>();
  #full = false;

  constructor(input: PlacementInput) {
    this.#input = input;
  }

  place(request: WaitingRequest): void {
    const { target } = request;
    const existing = this.#input.instances.find((instance) => instance.target.key === target.key);
    const planned = this.placement.loads.find((load) => load.target.key === target.key);
    if (existing && admits(existing, target)) {
      this.placement.admitted.push({ request, instance: existing });
    } else if (planned && serves(planned.target.load, target.load)) {
      planned.requests.push(request);
    } else if (planned) {
      this.placement.queue.push(request);
    } else {
      this.#makeRoom(request, existing);
    }
  }

  get #ledger(): Ledger {
    const { instances, maxLoaded, availableBytes } = this.#input;
    this.#madeLedger ??= new Ledger(instances, maxLoaded, availableBytes());
    return this.#madeLedger;
  }

  #makeRoom(request: WaitingRequest, outdated: Instance | undefined): void {
    const choices = slotChoices(this.#input.settings, request.target.fixedSlots).map((slots) => ({
      slots,
      bytes: request.target.estimateBytes(slots),
    }));
    const least = choices.at(-1)?.bytes ?? 0;
    if (least > this.#ledger.capacity) {
      const error = memoryShortage(request.target, least, this.#ledger.capacity);
      this.placement.rejected.push({ request, error });
      return;
    }
    if (this.#full || this.#reservedKeys.has(request.target.key)) {
      this.placement.queue.push(request);
      return;
    }
    if (outdated) this.#dismiss(outdated);
    const fitting = choices.find(({ bytes }) => this.#ledger.fitsNow(bytes));
    if (fitting && !outdated) {
      this.#ledger.take(fitting.bytes);
      this.placement.loads.push({ target: request.target, ...fitting, requests: [request] });
    } else {
      this.placement.queue.push(request);
      this.#reservedKeys.add(request.target.key);
      this.#reserve(least);
    }
  }

  /** Keeps room for a request that cannot start yet, taking it from loaded models where need be. */
  #reserve(bytes: number): void {
    const victims = this.#ledger.fitsSoon(bytes)
      ? []
      : chooseVictims(this.#input.instances, this.#ledger, bytes);
    if (!victims) {
      this.#full = true;
      return;
    }
    for (const victim of victims) this.#dismiss(victim);
    this.#ledger.reserve(bytes);
  }

  #dismiss(instance: Instance): void {
    if (instance.state === 'stopping' || instance.leaving) return;
    instance.leaving = true;
    this.#ledger.free(instance);
  }
}
