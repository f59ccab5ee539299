import { expect, it } from 'vitest';
import { parseSql } from '../../../src/render/sql.js';

it('says that the parser has to be loaded first', () => {
  expect(() => parseSql('select 1')).toThrow('loadSqlParser()');
});
