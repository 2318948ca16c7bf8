/** Speech to text (https://platform.openai.com/docs/api-reference/audio): a question to a model that hears. */
import { z } from 'zod';
import type { ChatRequest } from '../../api/chat.ts';
import { requestObject } from '../../api/request-object.ts';
import { OllamaError } from '../../base/errors.ts';

/** Names and short codes, such as "de" or "German"; the text goes into the prompt. */
const MAX_LANGUAGE = 40;
/** The words that a recording may contain; OpenAI's own models read the last 224 tokens of it. */
const MAX_HINT = 4096;

const formats = ['json', 'text'] as const;

/** Formats with times, which no answer of these models contains. */
const timedFormats = new Set(['srt', 'vtt', 'verbose_json', 'diarized_json']);

const formatSchema = z.string().transform((name, context) => {
  const known = formats.find((format) => format === name);
  if (known) return known;
  const reason = timedFormats.has(name) ? 'the model writes text without times' : 'it is not known';
  const message = `response_format "${name}" is not supported, because ${reason}: use "json" or "text"`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** The fields of the form, all of them texts; the file is read apart from them. */
export const transcriptionSchema = requestObject({
  model: z.string().exactOptional(),
  language: z
    .string()
    .regex(/^[\p{L}\p{M} ()-]*$/u, 'must be the name or the code of a language, such as "de"')
    .max(MAX_LANGUAGE)
    .exactOptional(),
  prompt: z.string().max(MAX_HINT).exactOptional(),
  response_format: formatSchema.exactOptional(),
  temperature: z.string().exactOptional(),
  stream: z.string().exactOptional(),
  'timestamp_granularities[]': z.unknown().optional(),
  timestamp_granularities: z.unknown().optional(),
});

export type TranscriptionFields = z.infer<typeof transcriptionSchema>;

/** "translate" writes down in English what was said in any language. */
export type SpeechTask = 'transcribe' | 'translate';

/**
 * The question about a recording.
 * @param audio base64
 * @throws OllamaError `invalid-request` for what no answer can honour
 */
export function speechRequest(task: SpeechTask, fields: TranscriptionFields, audio: string): ChatRequest {
  const { model, language, prompt: hint = '' } = fields;
  if (fields['timestamp_granularities[]'] !== undefined || fields.timestamp_granularities !== undefined)
    throw refuse('timestamp_granularities is not supported, because the model writes text without times');
  if (fields.stream === 'true') throw refuse('stream is not supported here: leave it out');
  const details = [
    ...(language ? [`The language of the recording is "${language}".`] : []),
    ...(hint === '' ? [] : [`These words may occur in it: ${hint}`]),
  ];
  return {
    ...(model !== undefined && { model }),
    messages: [
      { role: 'system', content: instructions[task] },
      {
        role: 'user',
        content: [...details, questions[task]].join('\n'),
        images: [audio],
        imagePlaces: ['file'],
      },
    ],
    think: false,
    options: { temperature: temperatureOf(fields) },
  };
}

const instructions: Readonly<Record<SpeechTask, string>> = {
  transcribe:
    'You write down recordings word for word, in the language that is spoken. Your whole answer is the text of the recording: no introduction, no comment, no formatting.',
  translate:
    'You write down in English what is said in recordings. Your whole answer is the English text: no introduction, no comment, no formatting.',
};

const questions: Readonly<Record<SpeechTask, string>> = {
  transcribe: 'Write down this recording.',
  translate: 'Write down this recording in English.',
};

function temperatureOf({ temperature = '0' }: TranscriptionFields): number {
  const value = temperature.trim() === '' ? Number.NaN : Number(temperature);
  if (value >= 0 && value <= 1) return value;
  throw refuse('temperature must be a number from 0 to 1');
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
