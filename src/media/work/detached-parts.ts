/** What becomes of a file, on its way from a worker: the data of the pieces cross apart from everything else. */
import type { PreparedPart } from '../../protocol/media.ts';
import { Bulk } from '../../workers/bulk.ts';

type DetachedPart = Exclude<PreparedPart, { readonly data: Uint8Array }> | Omit<DataPart, 'data'>;
type DataPart = Extract<PreparedPart, { readonly data: Uint8Array }>;

export function detachData(parts: readonly PreparedPart[]): Bulk {
  const value = parts.map((part): DetachedPart => ('data' in part ? { piece: part.piece } : part));
  return new Bulk(
    value,
    parts.flatMap((part) => ('data' in part ? [part.data] : [])),
  );
}

/** @param bulk what `detachData` made */
export function attachData({ value, bytes }: Bulk): PreparedPart[] {
  const data = bytes.values();
  // Both sides are one version of this program.
  return (value as readonly DetachedPart[]).map((part) =>
    'piece' in part ? { piece: part.piece, data: data.next().value ?? new Uint8Array() } : part,
  );
}
