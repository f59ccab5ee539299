import { beforeAll, describe, expect, it } from 'vitest';
import { shareWait } from '../../../src/apply/share-wait.js';
import { loadSqlParser } from '../../../src/render/sql.js';

beforeAll(loadSqlParser);

const SCRIPT = `-- größer 🎉
alter table a add column x text; -- one
/* two */ alter table b add column "ß🎉" text;

alter table c add column y text
`;
const ADDED = /select set_config\('lock_timeout', .+\n/g;

describe('statements of a transaction share the time that they may wait for locks', () => {
  it('each but the first is told what is left, and nothing else changes', () => {
    const { sql } = shareWait(SCRIPT, 50);
    expect(sql.replace(ADDED, '|')).toBe(
      SCRIPT.replace('alter table b', '|alter table b').replace('alter table c', '|alter table c'),
    );
    expect(sql).toContain('greatest(5, 50 - (');
  });

  it('a place is found again, whatever was put in before it', () => {
    const { sql, addedBefore } = shareWait(SCRIPT, 50);
    const points = Array.from(sql);
    const original = Array.from(SCRIPT);
    for (const word of ['größer', 'a add', 'b add', 'ß', 'c add', 'y text']) {
      const place = Array.from(sql.slice(0, sql.indexOf(word))).length;
      const before = place - addedBefore(place);
      expect(original.slice(before, before + word.length).join('')).toBe(
        points.slice(place, place + word.length).join(''),
      );
    }
  });

  it.each([
    ['one statement', 'alter table a add column x text', 50],
    ['none', '-- nothing', 50],
    ['waiting for ever', SCRIPT, 0],
    ['a script that sets it', `set local lock_timeout = '2s'; ${SCRIPT}`, 50],
  ])('%s stays as it is', (_, sql, waitMs) => {
    expect(shareWait(sql, waitMs).sql).toBe(sql);
    expect(shareWait(sql, waitMs).addedBefore(10)).toBe(0);
  });
});
