import { Component } from 'preact';
import { useRef } from 'preact/hooks';
import { type Block, MarkdownBlocks } from './blocks.ts';
import { CodeBlock } from './code-block.tsx';
import { renderTokens } from './render-tokens.tsx';

interface MarkdownProps {
  readonly text: string;
  /** Whether more comes. */
  readonly isGrowing: boolean;
}

/** A text of a model. What stands before its last block is neither parsed nor rendered again when it grows. */
export function Markdown({ text, isGrowing }: MarkdownProps) {
  const blocks = useRef<MarkdownBlocks | undefined>(undefined);
  blocks.current ??= new MarkdownBlocks();
  return (
    <div class="markdown">
      {blocks.current.update(text, !isGrowing).map((block) => (
        <BlockView key={block.key} block={block} />
      ))}
    </div>
  );
}

class BlockView extends Component<{ readonly block: Block }> {
  override shouldComponentUpdate({ block }: { readonly block: Block }): boolean {
    return block !== this.props.block;
  }

  override render() {
    const { block } = this.props;
    if (block.kind === 'plain') return <div class="plain-text">{block.text}</div>;
    if (block.kind === 'tokens') return <>{renderTokens(block.tokens)}</>;
    return <CodeBlock text={block.text} language={block.language} isClosed={block.isClosed} />;
  }
}
