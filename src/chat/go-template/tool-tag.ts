import type { BranchNode, ListNode, StatementNode } from '../../template/ast.ts';
import { pipeFieldNames } from '../../template/field-names.ts';

/** The tag of templates without a tag before their calls: the JSON itself. */
const BARE_JSON = '{';

/** The text, up to the JSON, before the first call in the part of a template that writes the calls of an answer. */
export function toolTag(root: ListNode): string {
  const branch = findCalls(root);
  const text = branch && firstText(branch.list);
  const tag = text?.replaceAll('\r\n', '\n').split('{', 1)[0]?.trim();
  return tag || BARE_JSON;
}

/** Finds the first `{{if .ToolCalls}}`. */
function findCalls(list: ListNode): BranchNode | undefined {
  for (const node of list.nodes) {
    if (node.kind === 'if' && pipeFieldNames(node.pipe).has('toolcalls')) return node;
    for (const part of partsOf(node)) {
      const found = findCalls(part);
      if (found) return found;
    }
  }
  return undefined;
}

/** The first text that is not blank, unless an action or a branch precedes it. */
function firstText(list: ListNode): string | undefined {
  for (const node of list.nodes) {
    if (node.kind === 'text' && node.text.trim() !== '') return node.text;
    if (node.kind === 'action') return undefined;
    const [found] = partsOf(node).flatMap((part) => firstText(part) ?? []);
    if (found !== undefined || (node.kind !== 'text' && node.kind !== 'list')) return found;
  }
  return undefined;
}

/** The lists inside a statement. */
function partsOf(node: StatementNode): readonly ListNode[] {
  if (node.kind === 'list') return [node];
  if (node.kind !== 'if' && node.kind !== 'with' && node.kind !== 'range') return [];
  return node.otherwise ? [node.list, node.otherwise] : [node.list];
}
