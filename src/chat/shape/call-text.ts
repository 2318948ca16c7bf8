import type { ToolCall } from '../../api/common.ts';
import type { ArgumentSyntax, CallSyntax } from '../families/family.ts';
import { argumentsObject, argumentsText, jsonOf } from './call-arguments.ts';

type PairSyntax = Extract<ArgumentSyntax, { form: 'pairs' }>;

/** The calls of one message, as a model of this syntax writes them. */
export function callsText(calls: readonly ToolCall[], syntax: CallSyntax): string {
  const texts = calls.map(({ function: { name, arguments: values } }) => {
    const { argumentSyntax } = syntax;
    const written =
      argumentSyntax.form === 'json'
        ? argumentsText(values)
        : Object.entries(argumentsObject(values))
            .map(([key, value]) => argumentSyntax.before(key) + valueText(value, argumentSyntax))
            .join(argumentSyntax.separator);
    return syntax.beforeArguments(name) + written + syntax.afterArguments;
  });
  return syntax.open + texts.join(syntax.separator) + syntax.close;
}

function valueText(value: unknown, { after, values }: PairSyntax): string {
  const isRaw = typeof value === 'string' && values !== 'json' && values !== 'python';
  if (!isRaw) return jsonOf(value) + after;
  return values === 'text' ? value + after : values.open + value + values.close + after;
}
