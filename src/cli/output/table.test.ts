import { expect, it } from 'vitest';
import { processorText } from '../commands/ps.ts';
import { renderTable } from './table.ts';

it('pads every cell, the last one too, four spaces apart', () => {
  expect(
    renderTable(
      ['NAME', 'ID'],
      [
        ['a-long-name', '1'],
        ['b', '22'],
      ],
    ),
  ).toBe('NAME           ID \na-long-name    1     \nb              22    \n');
});

it('prints only the header, ending in one space, when there is nothing to list', () => {
  expect(renderTable(['NAME', 'ID', 'SIZE', 'MODIFIED'], [])).toBe('NAME    ID    SIZE    MODIFIED \n');
});

it('says where the memory is', () => {
  expect(processorText({ size: 10, size_vram: 0 })).toBe('100% CPU');
  expect(processorText({ size: 10, size_vram: 10 })).toBe('100% GPU');
  expect(processorText({ size: 100, size_vram: 65 })).toBe('35%/65% CPU/GPU');
  expect(processorText({ size: 0, size_vram: 5 })).toBe('Unknown');
});
