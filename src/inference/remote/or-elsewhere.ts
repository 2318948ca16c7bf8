/**
 * The items of a generator, or those of another one if it fails before its first item. Written by hand, because each token of
 * each stream passes through it, and a generator around a generator costs as much again.
 * @param elsewhere returns undefined for an error that stays one
 */
export function orElsewhere<Item>(
  items: AsyncGenerator<Item, void, undefined>,
  elsewhere: (error: unknown) => AsyncGenerator<Item, void, undefined> | undefined,
): AsyncGenerator<Item, void, undefined> {
  let current = items;
  let hasBegun = false;
  const begin = (): Promise<IteratorResult<Item, void>> =>
    items.next().then(
      (result) => {
        hasBegun = true;
        return result;
      },
      (error: unknown) => {
        const other = elsewhere(error);
        if (!other) throw error;
        hasBegun = true;
        current = other;
        return current.next();
      },
    );
  const generator: AsyncGenerator<Item, void, undefined> = {
    next: () => (hasBegun ? current.next() : begin()),
    return: (value) => current.return(value),
    throw: (error) => current.throw(error),
    [Symbol.asyncIterator]: () => generator,
    [Symbol.asyncDispose]: async () => {
      await current.return();
    },
  };
  return generator;
}
