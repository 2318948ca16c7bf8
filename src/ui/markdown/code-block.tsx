import { useEffect, useMemo, useState } from 'preact/hooks';
import { copyText } from '../app/copy-text.ts';
import { words } from '../words/words.ts';
import type { ColouredPart } from './coloured-code.ts';
import { later } from './work-queue.ts';

/** Longer code is not coloured: it would take long, and make many elements. */
const MAX_COLOURED_CHARACTERS = 20_000;
/** Lines that the browser lays out together, so that a line at the end of long code costs little. */
const LINES_TOGETHER = 40;

interface CodeProps {
  readonly text: string;
  readonly language: string;
  /** Whether its end was written. */
  readonly isClosed: boolean;
}

/** A block of code. It is coloured when it has ended. */
export function CodeBlock({ text, language, isClosed }: CodeProps) {
  const coloured = useColours(text, language, isClosed);
  const label = words.value.chat;
  const [isCopied, setCopied] = useState(false);
  const copy = async () => setCopied(await copyText(text));
  return (
    <figure class="code-block">
      <figcaption>
        <span>{language}</span>
        <button type="button" class="quiet" onClick={() => void copy()} onBlur={() => setCopied(false)}>
          {isCopied ? label.copied : label.copy}
        </button>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre tabIndex={0}>
        <code>{coloured ? <Coloured parts={coloured} /> : <Plain text={text} />}</code>
      </pre>
    </figure>
  );
}

function useColours(text: string, language: string, isClosed: boolean): readonly ColouredPart[] | undefined {
  const [coloured, setColoured] = useState<{ of: string; parts: readonly ColouredPart[] }>();
  useEffect(() => {
    if (!isClosed || language === '' || text.length > MAX_COLOURED_CHARACTERS) return;
    let isWanted = true;
    let takeBack: (() => void) | undefined;
    void import('./highlighter.ts').then(({ colour }) => {
      if (!isWanted) return;
      takeBack = later(() => {
        const parts = colour(text, language.toLowerCase());
        if (parts) setColoured({ of: text, parts });
      });
    });
    return () => {
      isWanted = false;
      takeBack?.();
    };
  }, [text, language, isClosed]);
  return coloured?.of === text ? coloured.parts : undefined;
}

function Coloured({ parts }: { readonly parts: readonly ColouredPart[] }) {
  return <>{parts.map(({ text, kind }) => (kind === '' ? text : <span class={kind}>{text}</span>))}</>;
}

/** Code in groups of lines: of a growing text only the last one changes. */
function Plain({ text }: { readonly text: string }) {
  const groups = useMemo(() => lineGroups(text), [text]);
  if (groups.length < 2) return <>{text}</>;
  return (
    <>
      {groups.map((group) => (
        <span class="lines">{group}</span>
      ))}
    </>
  );
}

function lineGroups(text: string): string[] {
  const groups: string[] = [];
  let from = 0;
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    lines += 1;
    if (lines < LINES_TOGETHER) continue;
    groups.push(text.slice(from, at + 1));
    from = at + 1;
    lines = 0;
  }
  groups.push(text.slice(from));
  return groups;
}
