import type { ChatRequest } from '../api/chat.ts';
import type { Message } from '../api/common.ts';
import type { GenerateRequest } from '../api/generate.ts';

/** What was said in a run. It is kept only while an observer wants it. */
export interface RunContent {
  readonly request: ChatRequest | GenerateRequest;
  /** What has come of the answer, up to a limit. */
  readonly answer: Message;
}
