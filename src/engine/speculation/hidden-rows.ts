/** Hidden states of consecutive positions of a text, as the target's last calls have computed them. */
export class HiddenRows {
  /** Position of the first row. */
  readonly from: number;
  /** The token computed at each position; a drafted one may have been wrong. */
  readonly tokens: readonly number[];
  readonly #data: Float32Array;
  readonly #width: number;

  /** @param data one row of `data.length / tokens.length` values per token */
  constructor(from: number, tokens: readonly number[], data: Float32Array) {
    this.from = from;
    this.tokens = tokens;
    this.#data = data;
    this.#width = data.length / tokens.length;
  }

  /** These rows after the last one of an earlier call, if that ended where this one begins. */
  after(earlier: HiddenRows | undefined, text: readonly number[]): HiddenRows {
    const before = this.from - 1;
    const row = earlier?.at(before, text);
    const token = text[before];
    if (!row || token === undefined) return this;
    const data = new Float32Array(row.length + this.#data.length);
    data.set(row);
    data.set(this.#data, row.length);
    return new HiddenRows(before, [token, ...this.tokens], data);
  }

  /** The row at a position, if it was computed for this text. */
  at(position: number, text: readonly number[]): Float32Array | undefined {
    const index = position - this.from;
    if (index < 0 || index >= this.tokens.length) return undefined;
    for (let at = 0; at <= index; at++) if (this.tokens[at] !== text[this.from + at]) return undefined;
    return this.#data.subarray(index * this.#width, (index + 1) * this.#width);
  }
}
