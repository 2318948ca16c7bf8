import { JinjaError } from '../errors.ts';
import { isText, plain } from '../values/kinds.ts';
import { typeName } from '../values/type-name.ts';
import type { Value } from '../values/value.ts';

/** What a block gives to the text around it. @throws JinjaError unless it is a text */
export function blockText(value: Value): string {
  if (isText(value)) return plain(value);
  throw new JinjaError(`a block gives a text, not ${typeName(value)}`);
}
