import { expect, it } from 'vitest';
import { renderTable } from './table.ts';

it('pads every cell, including the last one, four spaces apart', () => {
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

it('prints only the header, ending in one space, if there are no rows', () => {
  expect(renderTable(['NAME', 'ID', 'SIZE', 'MODIFIED'], [])).toBe('NAME    ID    SIZE    MODIFIED \n');
});

it('gives each cell its own line on a narrow terminal', () => {
  const rows = [
    ['smol:latest', '98 MB'],
    ['mine:latest', '1 GB'],
  ];
  expect(renderTable(['NAME', 'SIZE'], rows, 20)).toBe(
    'NAME smol:latest\nSIZE 98 MB\n\nNAME mine:latest\nSIZE 1 GB\n',
  );
});
