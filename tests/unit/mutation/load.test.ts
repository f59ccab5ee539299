import { describe, expect, it } from 'vitest';
import { FIXTURES } from '../../mutation/fixtures.js';
import { loadAreas, parseArea } from '../../mutation/load.js';

describe('the files of mutations', () => {
  it('hold what the suite promises, on fixtures that there are', async () => {
    const areas = await loadAreas();
    const known = FIXTURES.map(({ name }) => name);
    expect(areas.filter(({ fixture }) => !known.includes(fixture))).toEqual([]);
    expect(areas.flatMap(({ breaking }) => breaking).length).toBeGreaterThanOrEqual(150);
    expect(areas.flatMap(({ harmless }) => harmless).length).toBeGreaterThanOrEqual(40);
  });

  it('are read with their options', () => {
    const text =
      '-- fixture: f\n\n-- one: breaks both, for hr sales, since 16\n-- given: create role r\nselect\n 1;\n\n-- two: harmless, until 15\nselect 2;\n';
    expect(parseArea('a', text)).toEqual({
      area: 'a',
      fixture: 'f',
      breaking: [
        {
          id: 'one',
          breaks: 'both',
          sql: 'select\n 1',
          prepare: 'create role r',
          since: 16,
          caughtFor: ['hr', 'sales'],
        },
      ],
      harmless: [{ id: 'two', sql: 'select 2', until: 15 }],
    });
  });

  it.each([
    ['-- one: breaks both\nselect 1;', 'first line'],
    ['-- fixture: f\n\n-- one: dangerous\nselect 1;', 'not the head'],
    ['-- fixture: f\n\n-- one: harmless\nselect 1', 'semicolon'],
    ['-- fixture: f\n\n-- one: harmless, sometimes x\nselect 1;', 'unknown option'],
  ])('are refused when they are wrong: %j', (text, message) => {
    expect(() => parseArea('a', text)).toThrow(message);
  });
});
