/**
 * Prompt lookup: text that repeats itself (an edited file, a quotation) is predicted by looking where its last tokens
 * stood before. Source of the idea: prompt lookup decoding, https://github.com/apoorvumang/prompt-lookup-decoding.
 */

/** Shorter repetitions happen by chance. */
const MIN_MATCH_TOKENS = 3;
/** A longer match is as good as certain; comparing further is waste. */
const MAX_MATCH_TOKENS = 16;
/** Places looked at, newest first: bounds the search where one token makes up the whole text. */
const MAX_PLACES = 64;

/** Tokens that end the same, counted from both ends backwards. */
function matchLength(tokens: readonly number[], at: number, end: number): number {
  let length = 0;
  while (length < MAX_MATCH_TOKENS && at - length >= 0 && tokens[at - length] === tokens[end - length]) {
    length++;
  }
  return length;
}

/**
 * What followed the last tokens of this text where they stood before: the longest match wins, among equals the
 * newest.
 * @param most tokens wanted
 */
export function lookUpDraft(tokens: readonly number[], most: number): number[] {
  const end = tokens.length - 1;
  const last = tokens[end];
  if (last === undefined || most < 1) return [];
  let best = MIN_MATCH_TOKENS - 1;
  let found = -1;
  let at = end;
  for (let place = 0; place < MAX_PLACES && at > 0 && best < MAX_MATCH_TOKENS; place++) {
    at = tokens.lastIndexOf(last, at - 1);
    if (at < 0) break;
    const length = matchLength(tokens, at, end);
    if (length <= best) continue;
    best = length;
    found = at;
  }
  return found < 0 ? [] : continuation(tokens, found + 1, most);
}

/** Where the found place is nearer than the draft is long, the draft repeats itself. */
function continuation(tokens: readonly number[], from: number, most: number): number[] {
  const draft: number[] = [];
  for (let index = 0; index < most; index++) {
    const at = from + index;
    draft.push((at < tokens.length ? tokens[at] : draft[at - tokens.length]) ?? 0);
  }
  return draft;
}
