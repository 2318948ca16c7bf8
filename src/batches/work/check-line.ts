/** One line of an input: `{"custom_id": …, "method": "POST", "url": …, "body": {…}}`. */
import type { BatchEndpoint } from '../../api/batches.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';
import { MAX_CUSTOM_ID } from '../limits.ts';

/** A line that can be sent. */
export interface CheckedLine {
  readonly customId: string;
  readonly model: string;
  /** JSON of the request. */
  readonly body: string;
}

export interface LineProblem {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
}

/** Paths whose requests stream unless they say otherwise. */
const nativeStreams: readonly string[] = ['/api/generate', '/api/chat'];
/** Without spaces at the end, and whatever else stands in a line. */
const bom = '\uFEFF';

/** @param seen IDs of the lines before, to which that of the line is added */
export function checkLine(
  text: string,
  endpoint: BatchEndpoint,
  seen: Set<string>,
): CheckedLine | LineProblem {
  const line = parsed(text);
  if (line === undefined) return problem('invalid_json_line', 'the line is not a JSON object', null);
  const { custom_id: customId, method, url, body } = line;
  if (typeof customId !== 'string' || customId === '' || customId.length > MAX_CUSTOM_ID) {
    const message = `"custom_id" must be a text of 1 to ${MAX_CUSTOM_ID} characters`;
    return problem('invalid_custom_id', message, 'custom_id');
  }
  if (seen.has(customId)) {
    return problem('duplicate_custom_id', 'another line has the same "custom_id"', 'custom_id');
  }
  seen.add(customId);
  if (method !== 'POST') return problem('invalid_method', '"method" must be "POST"', 'method');
  if (url !== endpoint)
    return problem('invalid_url', `"url" must be "${endpoint}", the endpoint of the batch`, 'url');
  if (!isJsonObject(body)) return problem('invalid_body', '"body" must be an object', 'body');
  if (body.stream === true)
    return problem(
      'invalid_body',
      'the replies of a batch are not streamed: leave "stream" out',
      'body.stream',
    );
  return {
    customId,
    model: typeof body.model === 'string' ? body.model : '',
    body: bodyText(body, endpoint),
  };
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text.startsWith(bom) ? text.slice(1) : text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function bodyText(body: JsonObject, endpoint: BatchEndpoint): string {
  return JSON.stringify(nativeStreams.includes(endpoint) ? { ...body, stream: false } : body);
}

function problem(code: string, message: string, param: string | null): LineProblem {
  return { code, message, param };
}
