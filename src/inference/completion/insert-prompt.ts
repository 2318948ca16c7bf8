import { OllamaError } from '../../base/errors.ts';
import { fitInsert } from '../../chat/insert-budget.ts';
import type { TextRunner } from '../text-runner.ts';
import type { Prompt, PromptLimits } from './prompt-tokens.ts';
import { longestText, promptTooLong } from './prompt-tokens.ts';

/** Number of tokens for the prefix, suffix and middle markers, and for one token to generate. */
const EXTRA_TOKENS = 4;

/**
 * Builds the prompt for a text with a gap, as fill-in-the-middle models read it: marker, prefix, marker, suffix, marker
 * (https://arxiv.org/abs/2207.14255, "PSM"). Both parts are plain text: markers within them are not parsed.
 * @throws OllamaError `prompt-too-long` when it does not fit and may not be shortened
 */
export async function insertPrompt(
  runner: TextRunner,
  limits: PromptLimits,
  parts: { readonly prefix: string; readonly suffix: string },
): Promise<Prompt> {
  const { contextLength, truncate, shift } = limits;
  const { insert, addsBos, bos } = runner.facts;
  if (!insert) throw new OllamaError('invalid-request', 'the model does not support insert');
  // Text farther from the gap cannot fit, and tokenizing it would stall the runner's other requests.
  const longest = longestText(limits);
  const near = [parts.prefix.slice(-longest), parts.suffix.slice(0, longest)];
  const [prefix, suffix] = await Promise.all(
    near.map((text) => runner.tokenize(text, { addSpecial: false, parseSpecial: false })),
  );
  const start = addsBos ? [bos] : [];
  const whole = { prefix: prefix ?? [], suffix: suffix ?? [] };
  const wholeLength = whole.prefix.length + whole.suffix.length;
  const kept = fitInsert(whole, Math.max(0, contextLength - EXTRA_TOKENS - start.length));
  const removedTokens = wholeLength - kept.prefix.length - kept.suffix.length;
  if (removedTokens > 0 && !(truncate && shift)) {
    const length = wholeLength + EXTRA_TOKENS - 1 + start.length;
    throw promptTooLong(`it has ${length} tokens`, contextLength);
  }
  const tokens = [...start, insert.prefix, ...kept.prefix, insert.suffix, ...kept.suffix, insert.middle];
  return { text: await runner.detokenize(tokens), content: tokens, droppedMessages: 0, removedTokens };
}
