import { pathTo, refusal } from './refusal.ts';
import { isObject, type Source, type Subschema, textKeyword } from './source.ts';

/**
 * @returns the schema that `$ref` refers to; undefined without `$ref`
 * @throws OllamaError `invalid-request` unless it is a JSON pointer to an existing part of the schema
 */
export function resolveReference(source: Source, root: unknown): Subschema | undefined {
  const reference = textKeyword(source, '$ref');
  if (reference === undefined) return undefined;
  const place = pathTo(source.path, '$ref');
  if (reference !== '#' && !reference.startsWith('#/'))
    throw refusal(place, 'must be "#" or begin with "#/": only references within the schema are supported');
  let found: Subschema = { schema: root, path: '#' };
  for (const part of reference.split('/').slice(1)) {
    const name = decoded(part, place).replaceAll('~1', '/').replaceAll('~0', '~');
    const schema = member(found.schema, name);
    if (schema === undefined) throw refusal(place, `refers to "${reference}", which does not exist`);
    found = { schema, path: pathTo(found.path, name) };
  }
  return found;
}

function decoded(part: string, place: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw refusal(place, 'contains an invalid percent escape');
  }
}

function member(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return /^(0|[1-9]\d{0,8})$/.test(name) ? value[Number(name)] : undefined;
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
