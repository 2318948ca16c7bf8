export declare const smolModel: {
  readonly name: string;
  readonly package: string;
  readonly member: string;
  readonly file: string;
  readonly sha256: string;
};
export declare const largeVocabularyModel: { readonly name: string; readonly file: string };
export declare function cacheFolder(env?: Record<string, string | undefined>): string;
export declare function ensureSmolModel(options?: { folder?: string }): Promise<string>;
/** Names of the files in the folder of `ensureEmbeddingModel`. */
export declare const embeddingFiles: readonly string[];
export declare function ensureEmbeddingModel(options?: { folder?: string }): Promise<string>;
export declare function ensureLargeVocabularyModel(options?: { folder?: string }): Promise<string>;
export declare const publishedTokenizers: Readonly<
  Record<'mistral1' | 'mistral3' | 'deepseek', { readonly package: string }>
>;
export declare function ensureTokenizer(
  name: keyof typeof publishedTokenizers,
  options?: { folder?: string },
): Promise<string>;
