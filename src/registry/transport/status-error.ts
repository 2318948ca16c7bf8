/** Errors that a registry answers. */
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { OllamaError } from '../../base/errors.ts';
import { KIB } from '../../base/units.ts';
import { discardBody, readStart } from './bounded-body.ts';

/** A registry's error document has a few hundred bytes. */
const MAX_DOCUMENT_LENGTH = 16 * KIB;
/** Maximum characters that a message quotes. */
const MAX_QUOTED_LENGTH = 1024;

/** An error status that the registry returned; 5xx and 429 are worth a retry. */
export class RegistryStatusError extends OllamaError {
  readonly registryStatus: number;
  /** Value of the Retry-After header. */
  readonly retryAfter: string | undefined;

  constructor(registryStatus: number, message: string, retryAfter?: string) {
    super('upstream', message);
    this.registryStatus = registryStatus;
    this.retryAfter = retryAfter;
  }
}

/** Reasons in our own words, where those of the protocol do not say what to do. */
const reasons: Readonly<Record<number, string>> = {
  412: 'the registry requires a newer version of this program for the model',
};

/** "errors" of the OCI distribution specification, whose codes are words in capitals. */
const documentSchema = z.object({
  errors: z
    .array(z.object({ code: z.string().regex(/^[A-Z][A-Z0-9_]*$/), message: z.string().nullish() }))
    .min(1),
});
const huggingFaceSchema = z.object({ error: z.string() });

/**
 * "file does not exist" for 404, which clients compare; otherwise the status and what the registry's error document
 * says. Any other body is not quoted: a client could name a service that is not a registry, and read its replies.
 * @param isHuggingFace whether Hugging Face was asked, whose documents have an `error`
 */
export async function statusErrorOf(
  response: Response,
  isHuggingFace: boolean,
): Promise<RegistryStatusError> {
  const { status, headers } = response;
  if (status === 404 || status === 401) {
    await discardBody(response);
    const message = status === 404 ? 'file does not exist' : 'unauthorized: access denied';
    return new RegistryStatusError(status, message);
  }
  const document = parseJson(await readStart(response, MAX_DOCUMENT_LENGTH));
  const reason =
    errorText(document, isHuggingFace) ?? reasons[status] ?? STATUS_CODES[status] ?? 'unknown status';
  return new RegistryStatusError(status, `${status}: ${reason}`, headers.get('retry-after') ?? undefined);
}

/** Undefined for anything that is not an error document. */
function errorText(document: unknown, isHuggingFace: boolean): string | undefined {
  const { data } = documentSchema.safeParse(document);
  const texts = data?.errors.map(({ code, message }) => (message ? `${code}: ${message}` : code));
  const text =
    texts?.join('; ') ?? (isHuggingFace ? huggingFaceSchema.safeParse(document).data?.error : undefined);
  return text
    ?.replace(/\p{Cc}+/gu, ' ')
    .slice(0, MAX_QUOTED_LENGTH)
    .trim();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
