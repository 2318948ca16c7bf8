import type { WorkMeter } from '../../base/work-meter.ts';
import type { ComparisonOperator } from '../ast.ts';
import type { Value } from '../values/value.ts';
import { isEqual } from './equality.ts';
import { isIn } from './membership.ts';
import { isOrdered } from './ordering.ts';

type Holds = (left: Value, right: Value, meter: WorkMeter) => boolean;

export const comparison: Readonly<Record<ComparisonOperator, Holds>> = {
  '==': isEqual,
  '!=': (left, right, meter) => !isEqual(left, right, meter),
  '<': (left, right, meter) => isOrdered('<', left, right, meter),
  '<=': (left, right, meter) => isOrdered('<=', left, right, meter),
  '>': (left, right, meter) => isOrdered('>', left, right, meter),
  '>=': (left, right, meter) => isOrdered('>=', left, right, meter),
  in: isIn,
  'not in': (left, right, meter) => !isIn(left, right, meter),
};
