import type { BlobResponse } from '../../../api/blobs.ts';
import { ApiError } from '../../api/http.ts';
import { csrfToken } from '../../api/session.ts';

interface UploadOptions {
  readonly signal: AbortSignal;
  /** @param sent bytes */
  readonly onProgress: (sent: number) => void;
}

/**
 * Sends a file to the server, which hashes it: the browser reads it in pieces and keeps none of them. `fetch` does not tell how
 * much it has sent, so this is an XMLHttpRequest.
 * @throws ApiError; DOMException `AbortError`
 */
export function uploadFile(file: Blob, { signal, onProgress }: UploadOptions): Promise<BlobResponse> {
  return new Promise((resolve, reject) => {
    const upload = new XMLHttpRequest();
    const cancel = () => upload.abort();
    const fail = (problem: unknown) => {
      signal.removeEventListener('abort', cancel);
      reject(problem);
    };
    upload.open('POST', '/api/blobs');
    upload.setRequestHeader('Content-Type', 'application/octet-stream');
    const token = csrfToken();
    if (token !== undefined) upload.setRequestHeader('X-CSRF-Token', token);
    upload.responseType = 'json';
    upload.upload.onprogress = ({ loaded }) => onProgress(loaded);
    upload.onerror = () => fail(new ApiError('the connection broke off', 0));
    upload.onabort = () => fail(new DOMException('stopped', 'AbortError'));
    upload.onload = () => {
      const reply = upload.response as (BlobResponse & { error?: string }) | null;
      if (upload.status !== 200 || !reply)
        return fail(new ApiError(reply?.error ?? `${upload.status}`, upload.status));
      signal.removeEventListener('abort', cancel);
      resolve(reply);
    };
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) upload.onabort(new ProgressEvent('abort'));
    else upload.send(file);
  });
}
