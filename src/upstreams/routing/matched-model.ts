import type { UpstreamModel } from '../../config/file/config-file.ts';
import { matchesStars } from '../../names/star-pattern.ts';

/** How one entry of an upstream answers for a name. */
export interface MatchedModel {
  /** What lists and records call it: the entry's name, or its pattern. */
  readonly listed: string;
  readonly isPattern: boolean;
  /** The model's name there. */
  readonly target: string;
  /** Milliseconds that the line here may be long; undefined = the upstream is always asked. */
  readonly overflowMs: number | undefined;
}

const LATEST = ':latest';

/** @param asked the name of a model as a client wrote it; letter case does not matter, and neither does a tag `latest` */
export function matchedModel(model: UpstreamModel, asked: string): MatchedModel | undefined {
  const name = withoutLatest(asked);
  const pattern = withoutLatest(model.pattern);
  const { as, overflowMs } = model;
  if (!pattern.includes('*')) {
    if (pattern.toLowerCase() !== name.toLowerCase()) return undefined;
    return { listed: model.pattern, isPattern: false, target: as ?? pattern, overflowMs };
  }
  const spelling = [name, asked].find((text) => matchesStars(pattern.toLowerCase(), text.toLowerCase()));
  if (spelling === undefined) return undefined;
  const [before = '', after = ''] = pattern.split('*');
  const star = spelling.slice(before.length, spelling.length - after.length);
  // A function, because "$" in a name would mean something in a text.
  const target = as === undefined ? spelling : as.replace('*', () => star);
  return { listed: model.pattern, isPattern: true, target, overflowMs };
}

function withoutLatest(name: string): string {
  return name.toLowerCase().endsWith(LATEST) ? name.slice(0, -LATEST.length) : name;
}
