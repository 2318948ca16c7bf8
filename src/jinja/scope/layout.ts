/** The slots for the variables of one run of a function: the template, a macro, or a recursive loop. */
export class Layout {
  /** The function around it, whose variables it can see. */
  readonly parent: Layout | undefined;
  #size = 0;

  constructor(parent?: Layout) {
    this.parent = parent;
  }

  get size(): number {
    return this.#size;
  }

  add(): number {
    return this.#size++;
  }

  /** How many functions lie between this one and the one that has the variable. */
  distance(other: Layout): number {
    let distance = 0;
    for (let layout: Layout | undefined = this; layout && layout !== other; layout = layout.parent)
      distance++;
    return distance;
  }
}
