export type TokenKind =
  | 'text'
  | 'output-begin'
  | 'output-end'
  | 'tag-begin'
  | 'tag-end'
  | 'name'
  | 'string'
  | 'integer'
  | 'float'
  | 'operator'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** The source; of a string what it means, of a text without the white space that is stripped. */
  readonly text: string;
  /** Where the tag begins that the token is part of. */
  readonly offset: number;
}
