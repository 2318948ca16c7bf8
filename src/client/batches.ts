import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { BatchObject, FileObject, ObjectList } from '../api/batches.ts';
import type { ClientRequest } from './connection.ts';

type Json = <T>(request: ClientRequest) => Promise<T>;
type Send = (request: ClientRequest) => Promise<IncomingMessage>;

export interface NewBatch {
  readonly input_file_id: string;
  readonly endpoint: string;
  readonly completion_window?: string;
}

const BOUNDARY = 'ollama-ts-batch-file-8f1c2b7d';
const MOST_LISTED = 1000;

/** The routes under /v1/files and /v1/batches. */
export class BatchRequests {
  readonly #json: Json;
  readonly #send: Send;

  constructor(json: Json, send: Send) {
    this.#json = json;
    this.#send = send;
  }

  /** @param content lines of requests as JSON */
  upload(filename: string, content: Readable): Promise<FileObject> {
    const body = Readable.from(formOf(filename, content));
    body.once('close', () => content.destroy());
    const type = `multipart/form-data; boundary=${BOUNDARY}`;
    return this.#json({ method: 'POST', path: '/v1/files', body, type });
  }

  /** The content of a file. */
  content(id: string): Promise<IncomingMessage> {
    return this.#send({ method: 'GET', path: `/v1/files/${encodeURIComponent(id)}/content` });
  }

  create(batch: NewBatch): Promise<BatchObject> {
    return this.#json({ method: 'POST', path: '/v1/batches', json: batch });
  }

  show(id: string): Promise<BatchObject> {
    return this.#json({ method: 'GET', path: `/v1/batches/${encodeURIComponent(id)}` });
  }

  /** The newest first. */
  list(): Promise<ObjectList<BatchObject>> {
    return this.#json({ method: 'GET', path: `/v1/batches?limit=${MOST_LISTED}` });
  }

  cancel(id: string): Promise<BatchObject> {
    return this.#json({ method: 'POST', path: `/v1/batches/${encodeURIComponent(id)}/cancel` });
  }
}

async function* formOf(filename: string, content: Readable): AsyncGenerator<string | Uint8Array> {
  const name = filename.replace(/["\r\n\\]/g, '_');
  yield `--${BOUNDARY}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n`;
  yield `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n`;
  yield 'Content-Type: application/jsonl\r\n\r\n';
  yield* content;
  yield `\r\n--${BOUNDARY}--\r\n`;
}
