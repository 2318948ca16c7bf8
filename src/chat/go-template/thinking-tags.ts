import type { BranchNode, ListNode, StatementNode } from '../../template/ast.ts';
import { pipeFieldNames } from '../../template/field-names.ts';
import type { ThinkingTags } from '../output/thinking-parser.ts';

/**
 * The tags that a template writes around the `.Thinking` of a message: the first and last text of the list that uses it,
 * inside a range over the messages. undefined if there are none.
 */
export function thinkingTags(root: ListNode): ThinkingTags | undefined {
  const found = search(root, undefined);
  const first = found?.nodes[0];
  const last = found?.nodes.at(-1);
  if (first?.kind !== 'text' || last?.kind !== 'text') return undefined;
  const tags = { open: first.text.trim(), close: last.text.trim() };
  return tags.open === '' || tags.close === '' ? undefined : tags;
}

/** The last list that uses `.Thinking`. An enclosing `if` only tests whether there is any. */
function search(list: ListNode, range: BranchNode | undefined): ListNode | undefined {
  let found: ListNode | undefined;
  for (const node of list.nodes) {
    found = searchStatement(node, list, range) ?? found;
  }
  return found;
}

function searchStatement(
  node: StatementNode,
  list: ListNode,
  range: BranchNode | undefined,
): ListNode | undefined {
  if (node.kind === 'list') return search(node, range);
  if (node.kind === 'action') return isThinking(node.pipe, range) ? list : undefined;
  if (node.kind !== 'if' && node.kind !== 'with' && node.kind !== 'range') return undefined;
  const inner = node.kind === 'range' ? node : range;
  const inside = search(node.list, inner) ?? (node.otherwise && search(node.otherwise, inner));
  return inside ?? (isThinking(node.pipe, range) ? list : undefined);
}

function isThinking(pipe: BranchNode['pipe'], range: BranchNode | undefined): boolean {
  if (!range || !pipeFieldNames(range.pipe).has('messages')) return false;
  return pipe.commands.some(({ operands }) =>
    operands.some((operand) => {
      if (operand.kind === 'pipe') return isThinking(operand, range);
      return operand.kind === 'field' && operand.names[0] === 'Thinking';
    }),
  );
}
