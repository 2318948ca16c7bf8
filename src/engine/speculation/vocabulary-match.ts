import type { Bindings, Pointer } from '../native/bindings.ts';

type VocabularyBindings = Pick<
  Bindings,
  'vocabularyType' | 'vocabularySize' | 'bos' | 'eos' | 'addsBos' | 'addsEos' | 'tokenText'
>;

/** Models of one family pad their vocabularies to different sizes. llama.cpp's own limit. */
const MAX_SIZE_DIFFERENCE = 128;
/** The first tokens are control tokens, whose texts differ between releases of the same vocabulary. As in llama.cpp. */
const FIRST_COMPARED = 5;

/**
 * Says why the tokens of one vocabulary do not mean the same in another; undefined if they do. The rules are those of
 * llama.cpp's drafting (common/speculative.cpp).
 */
export function vocabularyMismatch(
  bindings: VocabularyBindings,
  target: Pointer,
  draft: Pointer,
): string | undefined {
  const differs = (what: string, of: (vocabulary: Pointer) => unknown) =>
    of(target) === of(draft) ? undefined : `${what}: ${String(of(draft))} instead of ${String(of(target))}`;
  const general =
    differs('the type of the vocabulary differs', bindings.vocabularyType) ??
    differs('only one begins texts with a special token', bindings.addsBos) ??
    (bindings.addsBos(target) ? differs('the first token of a text differs', bindings.bos) : undefined) ??
    differs('only one ends texts with a special token', bindings.addsEos) ??
    (bindings.addsEos(target) ? differs('the last token of a text differs', bindings.eos) : undefined);
  if (general !== undefined) return general;
  const sizes = [bindings.vocabularySize(target), bindings.vocabularySize(draft)] as const;
  if (Math.abs(sizes[0] - sizes[1]) > MAX_SIZE_DIFFERENCE)
    return `it has ${sizes[1]} tokens in its vocabulary instead of ${sizes[0]}`;
  for (let token = FIRST_COMPARED; token < Math.min(...sizes); token++) {
    if (bindings.tokenText(target, token) !== bindings.tokenText(draft, token))
      return `token ${token} is another text`;
  }
  return undefined;
}
