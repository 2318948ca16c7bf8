/** The parts of a message's content that the native API takes. */
export interface PlainContent {
  readonly content: string;
  /** Base64. */
  readonly images: string[];
}
