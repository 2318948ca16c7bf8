import type { ListNode, OperandNode, PipeNode, StatementNode } from './ast.ts';

/** The names of fields and variables that templates use, in lower case. */
export function fieldNames(lists: Iterable<ListNode>): Set<string> {
  const names = new Set<string>();
  for (const list of lists) collectFromList(list, names);
  return names;
}

function collectFromList(list: ListNode, names: Set<string>): void {
  for (const node of list.nodes) collectFromStatement(node, names);
}

function collectFromStatement(node: StatementNode, names: Set<string>): void {
  if (node.kind === 'list') collectFromList(node, names);
  if ('pipe' in node && node.pipe) collectFromPipe(node.pipe, names);
  if (node.kind === 'if' || node.kind === 'with' || node.kind === 'range') {
    collectFromList(node.list, names);
    if (node.otherwise) collectFromList(node.otherwise, names);
  }
}

export function pipeFieldNames(pipe: PipeNode): Set<string> {
  const names = new Set<string>();
  collectFromPipe(pipe, names);
  return names;
}

function collectFromPipe(pipe: PipeNode, names: Set<string>): void {
  for (const { operands } of pipe.commands) {
    for (const operand of operands) collectFromOperand(operand, names);
  }
}

function collectFromOperand(operand: OperandNode, names: Set<string>): void {
  if (operand.kind === 'pipe') collectFromPipe(operand, names);
  if (operand.kind === 'field') for (const name of operand.names) names.add(name.toLowerCase());
  if (operand.kind === 'variable') {
    for (const name of [operand.name, ...operand.fields]) names.add(name.toLowerCase());
  }
}
