/** Finds the position of a value in a YAML text. */
import { type Document, isMap, isNode, isScalar, isSeq, type Pair } from 'yaml';

function pairAt(node: unknown, key: PropertyKey): Pair | undefined {
  if (!isMap(node)) return undefined;
  return node.items.find((pair) => String(isScalar(pair.key) ? pair.key.value : pair.key) === String(key));
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** Offset in characters of a plain value. For a mapping or list it is the offset of its key, where a person looks. */
export function positionOf(document: Document.Parsed, path: readonly PropertyKey[], atKey = false): number {
  let node: unknown = document.contents;
  let key: unknown;
  for (const part of path) {
    const pair = pairAt(node, part);
    const next = pair ? pair.value : isSeq(node) ? node.items[Number(part)] : undefined;
    if (!pair && next === undefined) break;
    key = pair?.key ?? key;
    node = next;
  }
  const offset = isScalar(node) && !atKey ? startOf(node) : undefined;
  return offset ?? startOf(key) ?? startOf(document.contents) ?? 0;
}
