/** Where tokens lie that mean something only together, such as those of a picture. */
interface Span {
  readonly start: number;
  readonly tokens: number;
}

export interface CutInput<Piece extends Span> {
  readonly tokens: readonly number[];
  /** In order, and apart from each other. */
  readonly media: readonly Piece[];
}

export interface PromptCut<Piece extends Span> {
  readonly tokens: number[];
  /** The pieces that are left, at their new places. */
  readonly media: Piece[];
  /** Number of tokens removed from the middle. */
  readonly removed: number;
}

/**
 * Shortens a prompt as a context shift does: the first `keep` tokens and the tail stay, and half of the remaining context
 * becomes free for the completion. A piece through which a cut would go is left out whole.
 * @param contextLength in tokens; must be greater than 1
 */
export function cutPrompt<Piece extends Span>(
  { tokens, media }: CutInput<Piece>,
  contextLength: number,
  keep: number,
): PromptCut<Piece> {
  const wanted = Math.min(Math.max(keep, 0), contextLength - 2);
  const free = Math.max(Math.floor((contextLength - wanted) / 2), 1);
  const first = tokens.length - (contextLength - free - wanted);
  const kept = pieceAt(media, wanted)?.start ?? wanted;
  const around = pieceAt(media, first);
  const tail = around ? around.start + around.tokens : first;
  const removed = tail - kept;
  return {
    tokens: [...tokens.slice(0, kept), ...tokens.slice(tail)],
    media: media.flatMap((piece) => {
      if (piece.start + piece.tokens <= kept) return [piece];
      return piece.start >= tail ? [{ ...piece, start: piece.start - removed }] : [];
    }),
    removed,
  };
}

/** The piece that a cut in front of this token would divide. */
function pieceAt<Piece extends Span>(media: readonly Piece[], index: number): Piece | undefined {
  return media.find(({ start, tokens }) => start < index && index < start + tokens);
}
