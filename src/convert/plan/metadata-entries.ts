import type { MetadataEntry, MetadataRow, PlanScope } from '../families/family.ts';

/** What the rows of a family's table give a model, under the whole names of the keys. */
export function* entriesOf(
  rows: readonly MetadataRow[],
  scope: PlanScope,
  architecture: string,
): Generator<MetadataEntry> {
  for (const row of rows) {
    const result = row(scope);
    if (result === undefined) continue;
    const list = (typeof result[0] === 'string' ? [result] : result) as readonly MetadataEntry[];
    for (const [key, value] of list) yield [prefixed(key, architecture), value];
  }
}

function prefixed(key: string, architecture: string): string {
  return key.startsWith('general.') || key.startsWith('tokenizer.') ? key : `${architecture}.${key}`;
}
