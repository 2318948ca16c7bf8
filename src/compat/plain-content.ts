/** The content of a message in the form of the native API. */
export interface PlainContent {
  readonly content: string;
  /** Images in base64. */
  readonly images: string[];
}
