/** A line of an output: what one request got. Its ID ends with the number of the line that it answers, from 0. */

/** A reply. */
export interface LineReply {
  readonly status: number;
  readonly requestId: string;
  /** JSON, on one line. */
  readonly body: string;
}

/** Why there is no reply. */
export interface LineError {
  readonly code: string;
  readonly message: string;
}

const idPattern = /^\{"id":"batch_req_[0-9a-f]{24}_(\d{1,9})"/;
/** Bytes of a line that say which one it answers. */
export const RESULT_HEAD_BYTES = 64;

/** @param batchId of the batch, such as "batch_0123…" */
export function resultLine(
  batchId: string,
  line: { readonly index: number; readonly customId: string },
  result: LineReply | LineError,
): string {
  const id = `batch_req_${batchId.slice('batch_'.length)}_${line.index}`;
  const head = `{"id":"${id}","custom_id":${JSON.stringify(line.customId)}`;
  if ('code' in result) {
    return `${head},"response":null,"error":${JSON.stringify({ code: result.code, message: result.message })}}\n`;
  }
  const { status, requestId, body } = result;
  return `${head},"response":{"status_code":${status},"request_id":${JSON.stringify(requestId)},"body":${body}},"error":null}\n`;
}

/** @param head the first bytes of a line @returns number of the line that it answers; undefined = it is no such line */
export function answeredLine(head: string): number | undefined {
  const [, index] = idPattern.exec(head) ?? [];
  return index === undefined ? undefined : Number(index);
}
