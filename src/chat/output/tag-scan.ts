export interface FoundTag<Tagged> {
  readonly at: number;
  readonly exit: Tagged;
}

/** The first tag in a text from an offset on; at the same position, the longest tag. */
export function findTag<Tagged extends { readonly tag: string }>(
  text: string,
  exits: readonly Tagged[],
  from = 0,
): FoundTag<Tagged> | undefined {
  let found: FoundTag<Tagged> | undefined;
  for (const exit of exits) {
    const at = text.indexOf(exit.tag, from);
    if (at < 0) continue;
    const isBetter = !found || at < found.at || (at === found.at && exit.tag.length > found.exit.tag.length);
    if (isBetter) found = { at, exit };
  }
  return found;
}

/** Length of the longest incomplete tag at the end of a text. */
export function partialTagLength(text: string, tags: readonly { readonly tag: string }[]): number {
  let longest = 0;
  for (const { tag } of tags) {
    for (let size = Math.min(tag.length - 1, text.length); size > longest; size--) {
      if (text.endsWith(tag.slice(0, size))) longest = size;
    }
  }
  return longest;
}
