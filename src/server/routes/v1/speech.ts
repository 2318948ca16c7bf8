import type { ChatResponse } from '../../../api/chat.ts';
import { IgnoredParts } from '../../../api/ignored-parts.ts';
import { parseRequest } from '../../../api/parse-request.ts';
import { OllamaError } from '../../../base/errors.ts';
import { MIB } from '../../../base/units.ts';
import { type SpeechTask, speechRequest, transcriptionSchema } from '../../../compat/openai/transcription.ts';
import { formatOf, isAudio } from '../../../media/media-format.ts';
import { collectChat } from '../../reply/collect.ts';
import { jsonReply, textReply } from '../../reply/http-reply.ts';
import { RunHeaders } from '../../reply/run-headers.ts';
import { receiveForm } from '../../request/form-body.ts';
import { requestCaller } from '../../request/request-caller.ts';
import { requestAbort } from '../../request/request-signal.ts';
import type { Route, ServerParts } from '../../server-parts.ts';

/** OpenAI's own limit of a recording is 25 MB. */
const MAX_BODY_BYTES = 32 * MIB;

type Parts = Pick<ServerParts, 'inference'>;

export function transcriptionsRoute(parts: Parts): Route {
  return speechRoute('/v1/audio/transcriptions', 'transcribe', parts);
}

export function translationsRoute(parts: Parts): Route {
  return speechRoute('/v1/audio/translations', 'translate', parts);
}

function speechRoute(path: string, task: SpeechTask, { inference }: Parts): Route {
  return {
    path,
    handlers: {
      POST: async (context) => {
        const { fields, file } = await receiveForm(context, MAX_BODY_BYTES);
        const { request, ignored } = parseRequest(transcriptionSchema, fields);
        if (!request.model) throw new OllamaError('invalid-request', 'model is required');
        const native = speechRequest(task, request, Buffer.from(recording(file)).toString('base64'));
        const notices = new RunHeaders(new IgnoredParts(ignored));
        const chunks: ChatResponse[] = [];
        const caller = requestCaller(context, requestAbort(context));
        for await (const chunk of inference.chat(native, caller, notices)) chunks.push(chunk);
        const text = collectChat(chunks).message.content.trim();
        return request.response_format === 'text'
          ? textReply(text, undefined, notices.all())
          : jsonReply({ text }, notices.all());
      },
    },
  };
}

/** @throws OllamaError `invalid-request` for anything but sound, which a model that sees as well would answer about */
function recording(file: Uint8Array | undefined): Uint8Array {
  if (!file)
    throw new OllamaError('invalid-request', 'file is required: send the recording as a field named "file"');
  if (file.length === 0) throw new OllamaError('invalid-request', 'audio file is empty');
  const format = formatOf(file);
  if (format !== undefined && isAudio(format)) return file;
  throw new OllamaError(
    'invalid-request',
    'file: it is not a recording that can be read: send WAV, MP3 or FLAC',
  );
}
