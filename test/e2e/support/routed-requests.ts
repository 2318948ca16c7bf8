/** One request in each dialect, and how its answer ended. */
import type { RouterName } from './router-process.ts';

export const dialects = ['chat', 'responses', 'messages', 'native'] as const;
export type Dialect = (typeof dialects)[number];

/** What each router passes on: smg knows the paths of OpenAI and Anthropic only. */
export const passed: Readonly<Record<RouterName, readonly Dialect[]>> = {
  'vllm-router': ['chat', 'responses', 'messages', 'native'],
  smg: ['chat', 'responses', 'messages'],
};

export interface Routed {
  readonly dialect: Dialect;
  readonly model: string;
  readonly text: string;
  readonly tokens: number;
  readonly stream: boolean;
  /** Whether the answer never ends before its number of tokens (chat only). */
  readonly whole?: boolean;
}

/**
 * complete: the whole answer; error: one in the form of the dialect, after the stream began; cut: the connection ended within the stream;
 * refused: no answer at all.
 */
export interface Outcome {
  readonly kind: 'complete' | 'error' | 'cut' | 'refused';
  readonly status: number;
  readonly text: string;
}

const paths: Readonly<Record<Dialect, string>> = {
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
  messages: '/v1/messages',
  native: '/api/chat',
};

/** The end of a complete stream. */
const ends: Readonly<Record<Dialect, RegExp>> = {
  chat: /"finish_reason":"\w+"[\s\S]*data: \[DONE\]/,
  responses: /event: response\.(?:completed|incomplete)/,
  messages: /event: message_stop/,
  native: /"done":true/,
};
const errors: Readonly<Record<Dialect, RegExp>> = {
  chat: /data: \{"error":/,
  // smg ends streams of responses with the error of a chat.
  responses: /event: (?:error|response\.failed)|"type":"error"|data: \{"error":/,
  messages: /event: error\ndata: \{"type":"error"/,
  native: /^\{"error":/m,
};

/** The token that ends the answers of a random model. */
const END = 2;

function bodyOf({ dialect, model, text, tokens, stream, whole = false }: Routed): object {
  const messages = [{ role: 'user', content: text }];
  if (dialect === 'responses') return { model, input: text, max_output_tokens: tokens, stream };
  if (dialect === 'native') return { model, messages, stream, options: { num_predict: tokens } };
  return { model, messages, stream, max_tokens: tokens, ...(whole && { logit_bias: { [END]: -100 } }) };
}

/** @param onBegin called when the first bytes of the answer have arrived */
export async function ask(url: string, routed: Routed, onBegin = () => {}): Promise<Outcome> {
  const { dialect, stream } = routed;
  let text = '';
  let status = 0;
  try {
    const headers = { 'Content-Type': 'application/json', 'anthropic-version': '2023-06-01' };
    const init = { method: 'POST', headers, body: JSON.stringify(bodyOf(routed)) };
    const response = await fetch(url + paths[dialect], init);
    status = response.status;
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      if (text === '') onBegin();
      text += decoder.decode(chunk, { stream: true });
    }
  } catch (error) {
    return { kind: text === '' ? 'refused' : 'cut', status, text: `${text}\n${error}` };
  }
  if (status !== 200) return { kind: 'refused', status, text };
  if (!stream) return { kind: 'complete', status, text };
  if (errors[dialect].test(text)) return { kind: 'error', status, text };
  return { kind: ends[dialect].test(text) ? 'complete' : 'cut', status, text };
}
