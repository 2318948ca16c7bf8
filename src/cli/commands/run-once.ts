import type { GenerateRequest } from '../../api/generate.ts';
import type { CommandContext } from '../command.ts';
import { AnswerView } from '../output/answer-view.ts';
import { ModelWait } from '../output/model-wait.ts';
import { noteUnreadFiles, readPromptFiles } from '../repl/prompt-files.ts';
import type { SessionSettings } from '../repl/session.ts';

export interface OncePrompt {
  readonly model: string;
  /** "" = only load the model. */
  readonly prompt: string;
  /** Whether to send files that the prompt names. */
  readonly isMultimodal: boolean;
}

/** Answers one prompt. @throws OllamaError if the server fails, or if a file cannot be used */
export async function runOnce(
  { model, prompt, isMultimodal }: OncePrompt,
  settings: SessionSettings,
  context: CommandContext,
  signal: AbortSignal,
): Promise<void> {
  const { client, stdout, stderr, environment } = context;
  const { wordWrap, hideThinking } = settings;
  if (!isMultimodal) await noteUnreadFiles(prompt, context);
  const files = isMultimodal ? await readPromptFiles(prompt, context) : { content: prompt, images: [] };
  const wait = new ModelWait({ client, model, stderr, environment });
  const view = new AnswerView({ stdout, stderr, environment, wordWrap, hideThinking, wait });
  const request = { model, verbose_metrics: true, ...promptFields(files), ...settingFields(settings) };
  view.wait();
  try {
    for await (const chunk of client.generate(request, signal)) {
      view.add({ content: chunk.response, thinking: chunk.thinking, toolCalls: chunk.tool_calls });
      if (!chunk.done) continue;
      view.end(prompt === '' ? '' : '\n\n');
      if (settings.verbose) view.summarize(chunk);
    }
  } finally {
    view.end();
  }
}

function promptFields({ content, images }: { content: string; images: readonly string[] }) {
  return { prompt: content, ...(images.length > 0 && { images: [...images] }) };
}

function settingFields({ think, format, keepAlive }: SessionSettings): GenerateRequest {
  return {
    ...(think !== undefined && { think }),
    ...(format !== undefined && { format }),
    ...(keepAlive !== undefined && { keep_alive: keepAlive }),
  };
}
