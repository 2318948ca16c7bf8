import type { ObjectList } from '../../api/batches.ts';
import { OllamaError } from '../../base/errors.ts';
import type { RequestContext } from '../server-parts.ts';

/** OpenAI's own bounds of a page; there are never so many. */
const MAX_ITEMS = 10_000;
const USUAL_ITEMS = 20;

/**
 * One page of a list: `limit` items behind the one that `after` names, in the `order` "desc" (the newest first) or "asc".
 * @param items the newest first
 * @throws OllamaError `invalid-request`
 */
export function pageOf<Item extends { readonly id: string }>(
  context: RequestContext,
  items: readonly Item[],
): ObjectList<Item> {
  const limit = limitOf(context.req.query('limit'));
  const after = context.req.query('after');
  const ordered = orderOf(context.req.query('order')) === 'asc' ? items.toReversed() : items;
  const at = after === undefined ? -1 : ordered.findIndex(({ id }) => id === after);
  if (after !== undefined && at < 0) {
    throw new OllamaError('invalid-request', '"after" must be the ID of an item of the list');
  }
  const data = ordered.slice(at + 1, at + 1 + limit);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: at + 1 + limit < ordered.length,
  };
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return USUAL_ITEMS;
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_ITEMS) return limit;
  throw new OllamaError('invalid-request', `"limit" must be a number from 1 to ${MAX_ITEMS}`);
}

function orderOf(text: string | undefined): 'asc' | 'desc' {
  if (text === undefined || text === 'desc') return 'desc';
  if (text === 'asc') return 'asc';
  throw new OllamaError('invalid-request', '"order" must be "asc" or "desc"');
}
