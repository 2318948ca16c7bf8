import type { Operation } from '../operation.ts';
import { listFilters } from './list-filters.ts';
import { numberFilters } from './number-filters.ts';
import { orderFilters } from './order-filters.ts';
import { selectionFilters } from './selection-filters.ts';
import { textFilters } from './text-filters.ts';
import { valueFilters } from './value-filters.ts';

/** All filters by their names. */
export const filters: ReadonlyMap<string, Operation> = new Map([
  ...textFilters,
  ...valueFilters,
  ...listFilters,
  ...numberFilters,
  ...orderFilters,
  ...selectionFilters,
]);
