import type { Position } from '../ast.ts';

export type TokenKind =
  | 'text'
  | 'left-delimiter'
  | 'right-delimiter'
  | 'space'
  | 'pipe'
  | 'declare'
  | 'assign'
  | 'left-parenthesis'
  | 'right-parenthesis'
  | 'character'
  | 'character-constant'
  | 'number'
  | 'complex'
  | 'string'
  | 'raw-string'
  | 'boolean'
  | 'field'
  | 'variable'
  | 'identifier'
  | 'dot'
  | 'nil'
  | 'keyword'
  | 'error'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** The token as written; for an error, its message. */
  readonly text: string;
  readonly position: Position;
}
