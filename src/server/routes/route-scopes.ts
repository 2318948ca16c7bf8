import type { Need } from '../../api/scopes.ts';
import { operations } from '../openapi/operations.ts';
import type { Route } from '../server-parts.ts';

const byRoute = new Map(
  operations.map(({ method, path, scope }) => [`${method.toUpperCase()} ${path}`, scope]),
);

/**
 * Returns what each method of a route needs.
 * @throws Error for a method that `openapi/operations.ts` does not list, so that no route is without a scope
 */
export function scopesOf({ path, handlers }: Route): ReadonlyMap<string, Need> {
  const methods = Object.keys(handlers).map((method): [string, Need] => {
    const scope = byRoute.get(`${method} ${path}`);
    if (scope === undefined) throw new Error(`${method} ${path} is missing in openapi/operations.ts`);
    return [method, scope];
  });
  return new Map(methods);
}
