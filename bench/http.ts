import { type ClientRequest, get, type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';

/**
 * Posts JSON over a new connection and yields the lines of the response as they arrive.
 * @throws Error for any status except 200
 */
export async function* postLines(url: string, body: unknown, signal?: AbortSignal): AsyncGenerator<string> {
  const headers = { 'content-type': 'application/json' };
  const sent = request(url, { method: 'POST', headers, agent: false, ...(signal && { signal }) });
  sent.end(JSON.stringify(body));
  const response = await responseOf(sent);
  if (response.statusCode !== 200) {
    throw new Error(`POST ${url} returned ${response.statusCode}: ${await textOf(response)}`);
  }
  response.setEncoding('utf8');
  for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line !== '') yield line;
  }
}

/** Sends a GET over a new connection. @returns status and body */
export async function getText(url: string): Promise<{ status: number; text: string }> {
  const response = await responseOf(get(url, { agent: false }));
  return { status: response.statusCode ?? 0, text: await textOf(response) };
}

function responseOf(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.on('response', resolve);
    sent.on('error', reject);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) text += chunk;
  return text;
}
