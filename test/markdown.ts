/** Reads the parts of Markdown pages that tests hold against the program. */

export interface CodeBlock {
  /** The first word behind the fence: "sh". */
  readonly language: string;
  /** The rest of that line. */
  readonly info: string;
  readonly text: string;
  /** Of the fence, from 1. */
  readonly line: number;
}

export interface Markdown {
  readonly blocks: readonly CodeBlock[];
  /** Code in a line, outside blocks. */
  readonly spans: readonly { readonly text: string; readonly line: number }[];
  readonly links: readonly { readonly target: string; readonly line: number }[];
  /** What a link may name behind "#". */
  readonly anchors: ReadonlySet<string>;
}

const fencePattern = /^\s*(`{3,}|~{3,})\s*(\S*)\s*(.*)$/;
const linkPattern = /\[[^\]]*\]\(([^()\s]+)\)/g;

export function readMarkdown(text: string): Markdown {
  const blocks: CodeBlock[] = [];
  const spans: { text: string; line: number }[] = [];
  const links: { target: string; line: number }[] = [];
  const headings: string[] = [];
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const content = lines[index] ?? '';
    const line = index + 1;
    const [, fence, language = '', info = ''] = fencePattern.exec(content) ?? [];
    if (fence !== undefined) {
      const rest = lines.slice(line);
      const length = rest.findIndex((other) => other.trim() === fence);
      if (length < 0) throw new Error(`line ${line}: the block does not end`);
      blocks.push({ language, info, text: rest.slice(0, length).join('\n'), line });
      index += length + 1;
      continue;
    }
    const heading = /^#{1,6} (.*)$/.exec(content)?.[1];
    if (heading !== undefined) headings.push(heading);
    for (const [, span = ''] of content.matchAll(/`([^`]+)`/g)) spans.push({ text: span, line });
    const bare = content.replaceAll(/`[^`]*`/g, 'code');
    for (const [, target = ''] of bare.matchAll(linkPattern)) links.push({ target, line });
  }
  return { blocks, spans, links, anchors: anchorsOf(headings) };
}

/** As GitHub makes them: lower case, without punctuation, repeated ones numbered. */
function anchorsOf(headings: readonly string[]): Set<string> {
  const anchors = new Set<string>();
  for (const heading of headings) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}
