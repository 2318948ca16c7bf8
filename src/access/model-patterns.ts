import { ModelName } from '../names/model-name.ts';
import { matchesStars } from '../names/star-pattern.ts';

const LATEST = ':latest';

/**
 * Returns whether one of the patterns matches a model's name as `ollama list` shows it, without regard to letter case. A `*`
 * stands for any text, including "/" and ":"; a tag `latest` may be left out of a pattern.
 * @param patterns empty = every model
 * @param model a name in any spelling; text that is not a name matches only the empty list
 */
export function matchesModel(patterns: readonly string[], model: string): boolean {
  if (patterns.length === 0) return true;
  const short = ModelName.tryParse(model)?.short.toLowerCase();
  if (short === undefined) return false;
  const names = short.endsWith(LATEST) ? [short, short.slice(0, -LATEST.length)] : [short];
  return patterns.some((pattern) => names.some((name) => matchesStars(pattern.toLowerCase(), name)));
}
