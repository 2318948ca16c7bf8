import type { InsertTokens } from '../../protocol/load.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';

/** The vocabulary's special tokens for fill-in-the-middle; undefined unless it has all three. */
export function insertTokens(bindings: Bindings, vocabulary: Pointer): InsertTokens | undefined {
  const tokens = {
    prefix: bindings.insertPrefix(vocabulary),
    suffix: bindings.insertSuffix(vocabulary),
    middle: bindings.insertMiddle(vocabulary),
  };
  return Object.values(tokens).every((token) => token >= 0) ? tokens : undefined;
}
