/** What the palette lists for a query, apart from what is in the texts of chats. */
import type { KeyName } from '../keys/key-table.ts';
import { nameScore, queryWords } from './match.ts';

const itemKinds = ['action', 'page', 'model', 'chat'] as const;
type NamedKind = (typeof itemKinds)[number];

export interface PaletteItem {
  readonly id: string;
  readonly kind: NamedKind | 'message';
  readonly label: string;
  readonly detail?: string;
  readonly key?: KeyName;
  readonly run: () => void;
}

/** More of one kind would hide the other kinds. */
const MAX_PER_KIND = 6;

/** The best items of each kind, in the order of the kinds; without a query, the first ones. */
export function rankedItems(items: readonly PaletteItem[], query: string): readonly PaletteItem[] {
  const words = queryWords(query);
  return itemKinds.flatMap((kind) => {
    const own = items.filter((item) => item.kind === kind);
    if (words.length === 0) return own.slice(0, MAX_PER_KIND);
    return own
      .map((item) => ({ item, score: nameScore(item.label, words) }))
      .filter(({ score }) => score > 0)
      .sort((one, other) => other.score - one.score)
      .slice(0, MAX_PER_KIND)
      .map(({ item }) => item);
  });
}

/** The index after a step up or down, around both ends. */
export function steppedIndex(index: number, step: number, count: number): number {
  return count === 0 ? 0 : (index + step + count) % count;
}
