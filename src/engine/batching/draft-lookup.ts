/**
 * Prompt lookup: predicts text that repeats itself (an edited file, a quotation) by looking up where its last tokens
 * occurred before. Source of the idea: prompt lookup decoding, https://github.com/apoorvumang/prompt-lookup-decoding.
 */

import { isPseudoToken } from '../../protocol/media.ts';

/** Shorter repetitions happen by chance. */
const MIN_MATCH_TOKENS = 3;
/** Comparing further adds nothing; see the classes of `DraftAcceptance`. */
const MAX_MATCH_TOKENS = 32;
/**
 * Maximum number of places examined, newest first; bounds the search in a text that consists of a single repeated
 * token.
 */
const MAX_PLACES = 64;

/** What is expected to follow a text. */
export interface Prediction {
  /** Number of last tokens of the text that agree with the place that the prediction is copied from. */
  readonly matched: number;
  readonly tokens: readonly number[];
}

const NOTHING: Prediction = { matched: 0, tokens: [] };

/** Number of equal tokens, counted backwards from `at` and from `end`. */
function matchLength(tokens: readonly number[], at: number, end: number): number {
  let length = 0;
  while (length < MAX_MATCH_TOKENS && at - length >= 0 && tokens[at - length] === tokens[end - length]) {
    length++;
  }
  return length;
}

/**
 * Predicts the tokens that followed the last tokens of this text where they occurred before. The longest match wins;
 * among equal matches, the newest.
 * @param most maximum number of tokens to predict
 */
export function lookUpDraft(tokens: readonly number[], most: number): Prediction {
  const end = tokens.length - 1;
  const last = tokens[end];
  if (last === undefined || most < 1) return NOTHING;
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
  return found < 0 ? NOTHING : { matched: best, tokens: continuation(tokens, found + 1, most) };
}

/**
 * Copies the tokens at the found place, up to the next picture. If the text ends before the draft is full, the draft repeats
 * itself.
 */
function continuation(tokens: readonly number[], from: number, most: number): number[] {
  const draft: number[] = [];
  for (let index = 0; index < most; index++) {
    const at = from + index;
    const token = (at < tokens.length ? tokens[at] : draft[at - tokens.length]) ?? 0;
    if (isPseudoToken(token)) break;
    draft.push(token);
  }
  return draft;
}
