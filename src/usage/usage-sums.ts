import { addCounts, type UsageRow, type UsageSum } from './usage-row.ts';

/** Stands for the keys and models that have no row of their own. */
const OTHERS = '(others)';

/**
 * Rows with the same day, hour, key and model, added up. When there are too many, further ones are added to a row of their
 * key, and when there are too many keys, to one row of the hour: sums stay right, whatever clients do.
 */
export class UsageSums {
  readonly #maxRows: number;
  readonly #rows = new Map<string, UsageSum>();

  /** @param maxRows beyond this many, models and then keys are no longer told apart */
  constructor(maxRows: number) {
    this.#maxRows = maxRows;
  }

  get size(): number {
    return this.#rows.size;
  }

  add(row: UsageRow): void {
    const found = this.#rows.get(idOf(row));
    if (found) addCounts(found, row);
    else this.#addNew(row);
  }

  rows(): readonly UsageRow[] {
    return [...this.#rows.values()];
  }

  #addNew(row: UsageRow): void {
    if (this.#rows.size < this.#limitOf(row)) this.#rows.set(idOf(row), { ...row });
    else this.add(row.model === OTHERS ? { ...row, key: OTHERS } : { ...row, model: OTHERS });
  }

  #limitOf({ key, model }: UsageRow): number {
    if (model !== OTHERS) return this.#maxRows;
    return key === OTHERS ? Number.POSITIVE_INFINITY : this.#maxRows * SHARE_FOR_KEYS;
  }
}

/** Half as many again for keys whose models are no longer told apart. */
const SHARE_FOR_KEYS = 1.5;

function idOf({ day, hour, key, model }: UsageRow): string {
  return `${day} ${hour ?? ''} ${key} ${model}`;
}
