/** The output of highlight.js as data, so that no text ever becomes HTML. */

export interface ColouredPart {
  readonly text: string;
  /** Class of the innermost element; '' = none. */
  readonly kind: string;
}

const piece = /<span class="([\w .-]+)">|<\/span>|([^<]+)/g;
const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#x27;': "'",
};

/** @param html spans and escaped text */
export function colouredParts(html: string): ColouredPart[] {
  const parts: ColouredPart[] = [];
  const kinds: string[] = [];
  for (const [tag, opened, escaped] of html.matchAll(piece)) {
    if (escaped !== undefined) {
      const text = escaped.replaceAll(/&(?:amp|lt|gt|quot|#x27);/g, (entity) => entities[entity] ?? entity);
      parts.push({ text, kind: kinds.at(-1) ?? '' });
    } else if (tag === '</span>') kinds.pop();
    else kinds.push(opened ?? '');
  }
  return parts;
}
