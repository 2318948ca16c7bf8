/** Parsed Markdown as elements. Text stays text: there is no way from a token to HTML. */
import type { Token, Tokens } from 'marked';
import { Component, type ComponentChildren, type VNode } from 'preact';
import { words } from '../words/words.ts';
import { CodeBlock } from './code-block.tsx';
import { decodeEntities } from './entities.ts';
import { addressOf, showsPlace } from './links.ts';
import { MathFormula } from './math.tsx';
import type { MathToken } from './math-syntax.ts';

/** Deeper parts are shown as they were written. */
const MAX_DEPTH = 24;
/** A larger table is shown as it was written: each cell is an element. */
const MAX_CELLS = 4000;

type Renderer = (token: never, depth: number) => ComponentChildren;

export function renderTokens(tokens: readonly Token[] | undefined, depth = 0): ComponentChildren {
  return tokens?.map((token) => render(token, depth));
}

function render(token: Token, depth: number): ComponentChildren {
  if (depth > MAX_DEPTH) return token.raw;
  const renderer = Object.hasOwn(renderers, token.type) ? renderers[token.type] : undefined;
  return renderer ? renderer(token as never, depth + 1) : token.raw;
}

/** A token with the tokens in it, between tags. */
const within =
  (Tag: 'p' | 'strong' | 'em' | 'del' | 'blockquote'): Renderer =>
  ({ tokens }: { tokens?: Token[] }, depth) => <Tag>{renderTokens(tokens, depth)}</Tag>;

const renderers: Readonly<Record<string, Renderer>> = {
  space: () => null,
  def: () => null,
  br: () => <br />,
  hr: () => <hr />,
  paragraph: within('p'),
  strong: within('strong'),
  em: within('em'),
  del: within('del'),
  blockquote: within('blockquote'),
  // The headings of an answer are below the name of who wrote it, whatever level they have.
  heading: ({ tokens, depth: level }: Tokens.Heading, depth) => (
    <h3 class={`heading level-${level}`}>{renderTokens(tokens, depth)}</h3>
  ),
  text: ({ tokens, text }: Tokens.Text, depth) =>
    tokens ? renderTokens(tokens, depth) : decodeEntities(text),
  escape: ({ text }: Tokens.Escape) => text,
  html: ({ raw, block }: Tokens.HTML) => (block ? <p class="plain-text">{raw.trim()}</p> : raw),
  codespan: ({ text }: Tokens.Codespan) => <code>{text}</code>,
  code: ({ text, lang = '' }: Tokens.Code) => (
    <CodeBlock text={text} language={/^[\w+#.-]{1,30}/.exec(lang)?.[0] ?? ''} isClosed={true} />
  ),
  list: ({ items, ordered, start }: Tokens.List, depth) => {
    const children = items.map((item) => <ListItem item={item} depth={depth} />);
    return ordered ? <ol start={Number(start) || 1}>{children}</ol> : <ul>{children}</ul>;
  },
  checkbox: ({ checked }: Tokens.Checkbox) => (checked ? '☑ ' : '☐ '),
  table,
  link,
  image,
  math,
  mathBlock: math,
};

interface ItemProps {
  readonly item: Tokens.ListItem;
  readonly depth: number;
}

/** An item of a list. Of a growing list, only the items that changed are rendered again. */
class ListItem extends Component<ItemProps> {
  override shouldComponentUpdate({ item }: ItemProps): boolean {
    return item.raw !== this.props.item.raw || item.loose !== this.props.item.loose;
  }

  override render() {
    return <li>{renderTokens(this.props.item.tokens, this.props.depth)}</li>;
  }
}

function math({ text, raw, isDisplay }: MathToken): VNode {
  return <MathFormula source={text} raw={raw.trim()} isDisplay={isDisplay} />;
}

function link(token: Tokens.Link, depth: number): ComponentChildren {
  const address = addressOf(token.href);
  if (!address) return token.raw;
  return (
    <>
      <a href={address.href} title={address.href} target="_blank" rel="noopener noreferrer">
        {renderTokens(token.tokens, depth)}
      </a>
      {!showsPlace(token.text, address) && <span class="place"> ({address.place})</span>}
    </>
  );
}

/** A picture of another server would tell it who reads the answer: it is a link. */
function image({ href, text, raw }: Tokens.Image): ComponentChildren {
  const address = addressOf(href);
  if (!address) return raw;
  const label = text === '' ? words.value.chat.picture : `${words.value.chat.picture}: ${text}`;
  return (
    <>
      <a href={address.href} title={address.href} target="_blank" rel="noopener noreferrer">
        {label}
      </a>
      <span class="place"> ({address.place})</span>
    </>
  );
}

function table({ header, rows, raw }: Tokens.Table, depth: number): VNode {
  if (header.length * (rows.length + 1) > MAX_CELLS) return <pre class="wide">{raw}</pre>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="wide" tabIndex={0} aria-label={words.value.chat.table}>
      <table>
        <thead>
          <tr>
            {header.map((cell) => (
              <th scope="col" class={cell.align === 'right' ? 'number' : undefined}>
                {renderTokens(cell.tokens, depth)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {row.map((cell) => (
                <td class={cell.align === 'right' ? 'number' : undefined}>
                  {renderTokens(cell.tokens, depth)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
