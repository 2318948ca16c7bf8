import OpenAI from 'openai';
import { listen } from '../../../src/server/serve.ts';
import type { Script } from '../runners/script-runner.ts';
import { type ScriptServer, startScriptServer } from './script-server.ts';

/** Turns with markers, tools and thinking, so that models created with it support both. */
const template = `{{- range .Tools }}{{ . }}{{ end }}
{{- range .Messages }}[{{ .Role }}{{ if .ToolName }}:{{ .ToolName }}{{ end }}]
{{- if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}
{{- if .ToolCalls }}{{ range .ToolCalls }}<tool_call>
{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}
</tool_call>
{{- end }}{{ end }}
{{ end }}[assistant]`;

export interface OpenAiServer {
  readonly server: ScriptServer;
  readonly client: OpenAI;
  readonly url: string;
  /** Sets what the model outputs from now on. */
  say(pieces: readonly string[], script?: Omit<Script, 'pieces'>): void;
  /** Sets what the model outputs in its next answers, one each. */
  sayInTurn(answers: readonly (readonly string[])[]): void;
  /** The prompt of the last completion. */
  lastPrompt(): Promise<string>;
  close(): Promise<void>;
}

/** The whole server on a real port, and the official client connected to it; the model "m" outputs what a test sets. */
export async function startOpenAiServer(
  options: Parameters<typeof startScriptServer>[0] = {},
): Promise<OpenAiServer> {
  const server = await startScriptServer(options);
  await server.addModel('m', { create: { template } });
  const listening = await listen(server.app, { host: '127.0.0.1', port: 0 });
  // No retries, so that a test sees each failure.
  const client = new OpenAI({ baseURL: `${listening.url}/v1`, apiKey: 'none', maxRetries: 0 });
  return {
    server,
    client,
    url: listening.url,
    say: (pieces, script = {}) => {
      server.runner.script = { pieces, ...script };
    },
    sayInTurn: (answers) => server.runner.upcoming.push(...answers.map((pieces) => ({ pieces }))),
    lastPrompt: async () => server.runner.detokenize(server.runner.requests.at(-1)?.prompt ?? []),
    close: async () => {
      await listening.close(0);
      await server.close();
    },
  };
}

/** A call in the form in which models with that template write it. */
export function callPieces(name: string, given: object): string[] {
  return ['<tool_call>', JSON.stringify({ name, arguments: given }), '</tool_call>'];
}

export async function allOf<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}
