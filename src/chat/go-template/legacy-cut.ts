import type { ListNode, OperandNode, PipeNode, StatementNode } from '../../template/ast.ts';

/** Cuts a template at the first use of `.Response`: what remains comes before an answer that is still to be generated. */
export function cutAtResponse(root: ListNode): ListNode {
  return new Cut().list(root);
}

class Cut {
  #isCut = false;

  list(list: ListNode): ListNode {
    const nodes: StatementNode[] = [];
    for (const node of list.nodes) {
      const kept = this.#isCut ? undefined : this.#statement(node);
      if (kept) nodes.push(kept);
    }
    return { ...list, nodes };
  }

  #statement(node: StatementNode): StatementNode | undefined {
    switch (node.kind) {
      case 'action':
        if (mentionsResponse(node.pipe)) this.#isCut = true;
        return this.#isCut ? undefined : node;
      case 'list':
        return this.list(node);
      case 'if':
      case 'with':
      case 'range': {
        const list = this.list(node.list);
        const otherwise = node.otherwise && this.list(node.otherwise);
        return { ...node, list, ...(otherwise && { otherwise }) };
      }
      default:
        return node;
    }
  }
}

function mentionsResponse(pipe: PipeNode): boolean {
  return pipe.commands.some(({ operands }) => operands.some(isResponse));
}

function isResponse(operand: OperandNode): boolean {
  if (operand.kind === 'pipe') return mentionsResponse(operand);
  return operand.kind === 'field' && operand.names.includes('Response');
}
