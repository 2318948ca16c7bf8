import type { ThinkingTags } from '../output/thinking-parser.ts';
import type { MessageShape } from '../shape/message-shape.ts';
import type { PromptSource } from './prompt-source.ts';

/** What distinguishes the sizes of a model family. */
export interface SizedModel {
  readonly name: string;
  readonly parameterCount: number;
}

/** What a chat format is made from, as data: the source of a model, or a template that is part of a request. */
export type FormatSource =
  | { readonly from: 'model'; readonly source: PromptSource; readonly model: SizedModel }
  | { readonly from: 'request'; readonly text: string; readonly parser: string | undefined };

/** What is known about a format before it writes its first prompt, as data. */
export interface FormatFacts {
  /** What its template can write. */
  readonly shape: MessageShape;
  /** Absent unless it is a Go template. */
  readonly go?: GoTemplateFacts;
  /** Why the template cannot be used, in the words of its parser; present if the fallback is used in its place. */
  readonly failure?: string;
}

/** What a Go template reveals about the completions of its model. */
export interface GoTemplateFacts {
  /** undefined if the template does not support thinking. */
  readonly thinkingTags: ThinkingTags | undefined;
  /** The text before a tool call. */
  readonly toolTag: string;
  /** Whether the template can fill a gap in a text. */
  readonly canInsert: boolean;
}
