import type { ListNode, PipeNode, StatementNode } from '../../template/ast.ts';
import { pipeFieldNames } from '../../template/field-names.ts';
import type { ThinkingTags } from '../output/thinking-parser.ts';

/**
 * The tags that a template writes around the `.Thinking` of a message: the first and last text of the list that uses it,
 * inside a range over the messages. undefined if there are none.
 */
export function thinkingTags(root: ListNode): ThinkingTags | undefined {
  const found = search(root, false);
  const first = found?.nodes[0];
  const last = found?.nodes.at(-1);
  if (first?.kind !== 'text' || last?.kind !== 'text') return undefined;
  const tags = { open: first.text.trim(), close: last.text.trim() };
  return tags.open === '' || tags.close === '' ? undefined : tags;
}

/**
 * The last list that uses `.Thinking`. An enclosing `if` only tests whether there is any.
 * @param inMessages whether the innermost range is over the messages
 */
function search(list: ListNode, inMessages: boolean): ListNode | undefined {
  let found: ListNode | undefined;
  for (const node of list.nodes) {
    found = searchStatement(node, list, inMessages) ?? found;
  }
  return found;
}

function searchStatement(node: StatementNode, list: ListNode, inMessages: boolean): ListNode | undefined {
  if (node.kind === 'list') return search(node, inMessages);
  if (node.kind === 'action') return inMessages && isThinking(node.pipe) ? list : undefined;
  if (node.kind !== 'if' && node.kind !== 'with' && node.kind !== 'range') return undefined;
  const inner = node.kind === 'range' ? pipeFieldNames(node.pipe).has('messages') : inMessages;
  const inside = search(node.list, inner) ?? (node.otherwise && search(node.otherwise, inner));
  return inside ?? (inMessages && isThinking(node.pipe) ? list : undefined);
}

function isThinking(pipe: PipeNode): boolean {
  return pipe.commands.some(({ operands }) =>
    operands.some((operand) => {
      if (operand.kind === 'pipe') return isThinking(operand);
      return operand.kind === 'field' && operand.names[0] === 'Thinking';
    }),
  );
}
