import { describe, expect, it } from 'vitest';
import { ComputeGraph } from './compute-graph.ts';

describe('ComputeGraph', () => {
  it('needs only the memory of the tensors that live at the same time', () => {
    const graph = new ComputeGraph();
    let current = graph.input(64);
    for (let step = 0; step < 10; step++) current = graph.compute(64, current);
    expect(graph.bufferBytes()).toBe(128);
  });

  it('keeps a tensor until its last use', () => {
    const graph = new ComputeGraph();
    const first = graph.input(64);
    const second = graph.compute(64, first);
    const third = graph.compute(64, second);
    graph.compute(64, third, first);
    expect(graph.bufferBytes()).toBe(3 * 64);
  });

  it('computes in place only over a source of the same size that has no other use', () => {
    const bytes = (build: (graph: ComputeGraph) => void) => {
      const graph = new ComputeGraph();
      build(graph);
      return graph.bufferBytes();
    };
    expect(bytes((graph) => void graph.computeInPlace(64, graph.input(64)))).toBe(64);
    expect(bytes((graph) => void graph.computeInPlace(32, graph.input(64)))).toBe(96);
    expect(
      bytes((graph) => {
        const input = graph.input(64);
        graph.computeInPlace(64, input);
        graph.store(input);
      }),
    ).toBe(128);
  });

  it('keeps inputs that are never read, because they must not be overwritten', () => {
    const graph = new ComputeGraph();
    graph.input(64);
    graph.compute(64, graph.input(32));
    expect(graph.bufferBytes()).toBe(160);
  });
});
