import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  assertDepartmentId,
  assertDepartmentName,
  assertInstallation,
  departmentRole,
  departmentSchema,
  sharedRoles,
} from '../../../src/plan/names.js';
import { quoteIdentifier } from '../../../src/render/quote.js';
import { isReservedWord, loadSqlParser, parseSql } from '../../../src/render/sql.js';
import { failure } from '../config/workspace.js';

beforeAll(loadSqlParser);

const check = (id: string, prefix = ''): void => assertDepartmentId(id, prefix, isReservedWord);
const isAccepted = (id: string, prefix: string): boolean => {
  try {
    check(id, prefix);
    return true;
  } catch {
    return false;
  }
};

describe('a department id', () => {
  it.each(['hr', 'a', 'it_support', 'legal2', 'x__y', 'index', 'pg', 'pgx', 'federation_x', 'a'.repeat(56)])(
    '%s is taken',
    (id) => {
      expect(isAccepted(id, '')).toBe(true);
    },
  );

  it.each([
    ['', 'is empty'],
    [' ', 'does not start with a lower-case letter'],
    [' hr', 'does not start with a lower-case letter'],
    ['HR', 'does not start with a lower-case letter'],
    ['1st', 'does not start with a lower-case letter'],
    ['_hr', 'does not start with a lower-case letter'],
    ['élan', 'does not start with a lower-case letter'],
    ['hr-x y', 'holds "-", " ", which no department id may hold'],
    ['hrX', 'holds "X"'],
    ['hr\n', 'holds "\\n"'],
    ['hr\0', 'holds "\\u0000"'],
    ['hré', 'holds "é"'],
    ['hr💥', 'holds "💥"'],
    ['hr"; drop schema public; --', 'holds "\\"", ";", " ", "-"'],
    ["hr'", `holds "'"`],
    ['../hr', 'does not start'],
    ['select', 'is a reserved word of SQL'],
    ['user', 'is a reserved word of SQL'],
    ['left', 'is a reserved word of SQL'],
    ['pg_hr', 'starts with pg_'],
    ['federation', 'is a name that fedgen keeps for itself'],
    ['public', 'is a name that fedgen keeps for itself'],
    ['information_schema', 'is a name that fedgen keeps for itself'],
    ['federation_admin', 'gives the role name "federation_admin_role", which is one of the shared roles'],
    ['cross_dept_query', 'gives the role name "cross_dept_query_role", which is one of the shared roles'],
    ['a'.repeat(57), 'of 64 bytes, and PostgreSQL keeps 63'],
  ])('%j is refused: it %s', async (id, told) => {
    const error = await failure(() => check(id));
    expect(error.code).toBe('E_NAME_INVALID');
    expect(error.message).toContain(`department id ${JSON.stringify(id)} `);
    expect(error.message).toContain(told);
  });

  it('has all its faults told at once', async () => {
    const error = await failure(() => check(`pg_${'a'.repeat(60)}`, 'x_'));
    expect(error.details['faults']).toHaveLength(3);
    expect(error.message).toMatch(
      /starts with pg_.*; it gives the name "pg_a+_tenant".*; it gives the name "x_pg_a+_role"/,
    );
  });

  it.each([
    [7, 51, 51 + 5 + 7],
    [5, 53, 63],
    [2, 56, 63],
    [10, 48, 63],
  ])('with a prefix of %i bytes may have %i, and not one more', (prefix, length, bytes) => {
    const name = 'p'.repeat(prefix);
    expect(Buffer.byteLength(departmentRole('a'.repeat(length), name))).toBe(bytes);
    expect(isAccepted('a'.repeat(length), name)).toBe(true);
    expect(isAccepted('a'.repeat(length + 1), name)).toBe(false);
  });

  it('is measured with the bytes of the prefix, not its characters', () => {
    expect(isAccepted('a'.repeat(48), 'é'.repeat(5))).toBe(true);
    expect(isAccepted('a'.repeat(49), 'é'.repeat(5))).toBe(false);
  });

  it('collides with the shared roles under the same prefix only', () => {
    expect(isAccepted('cross_dept_query', 'x_')).toBe(false);
    expect(sharedRoles('x_')).toEqual({
      owner: 'x_federation_owner',
      tenant: 'x_federation_tenant',
      admin: 'x_federation_admin_role',
      gateway: 'x_cross_dept_query_role',
    });
  });

  it('that is accepted gives names that fit and can be written without quotes', () => {
    const id = fc.oneof(
      fc.stringMatching(/^[a-z][a-z0-9_]{0,70}$/),
      fc.string(),
      fc.constantFrom('select', 'pg_', 'user_', 'all'),
    );
    const prefix = fc.stringMatching(/^([a-z][a-z0-9]{0,19}_)?$/);
    let accepted = 0;
    fc.assert(
      fc.property(id, prefix, (made, before) => {
        if (!isAccepted(made, before)) return;
        accepted += 1;
        for (const name of [departmentSchema(made), departmentRole(made, before)]) {
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
          expect(quoteIdentifier(name)).toBe(`"${name}"`);
          expect(parseSql(`create schema ${name}`)[0]?.node).toMatchObject({
            CreateSchemaStmt: { schemaname: name },
          });
        }
      }),
      { numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(50);
  });
});

describe('a department name', () => {
  it.each(['Legal', `O'Brien "& Sons" $$ \\`, '人事部', '💥', 'a'.repeat(255), '💥'.repeat(255), ' padded '])(
    '%s is taken',
    (name) => {
      expect(() => assertDepartmentName(name)).not.toThrow();
    },
  );

  it.each([
    ['', 'is empty'],
    [' \t', 'is empty'],
    ['a'.repeat(256), 'has 256 characters; 255 are kept'],
    ['a\nb', 'control character'],
    ['a\0b', 'control character'],
    ['a\u007fb', 'control character'],
    ['a\u2028b', 'control character'],
    ['a\ue000b', 'control character'],
    ['a\ud800b', 'control character'],
  ])('%j is refused: it %s', async (name, told) => {
    const error = await failure(() => assertDepartmentName(name));
    expect(error.code).toBe('E_NAME_INVALID');
    expect(error.message).toContain(told);
  });
});

describe('a shared pack', () => {
  it.each([
    ['shop', ['shop'], ''],
    ['big-shop', ['shop', 'shop_log'], 'x_'],
  ])('%s is taken', (family, schemas, prefix) => {
    expect(() => assertInstallation({ family, schemas, roles: [] }, prefix, isReservedWord)).not.toThrow();
  });

  it('is refused with every fault of its names at once', async () => {
    const schemas = ['select', 'pg_x', 'federation', 'hr_tenant'];
    const error = await failure(() =>
      assertInstallation({ family: 'federation', schemas, roles: [] }, '', isReservedWord),
    );
    expect(error.code).toBe('E_NAME_INVALID');
    expect(error.details).toEqual({
      pack: 'federation',
      faults: [
        'schema "select" is a reserved word of SQL',
        'schema "pg_x" starts with pg_, which PostgreSQL keeps for itself',
        'schema "federation" is a name that fedgen keeps for itself',
        'schema "hr_tenant" ends in _tenant, as the schemas of departments do',
        'gives the role name "federation_tenant", which is one of the shared roles',
      ],
    });
  });

  it('is refused when its group role would be cut', async () => {
    const family = 'a'.repeat(57);
    const error = await failure(() =>
      assertInstallation({ family, schemas: ['a'], roles: [] }, '', isReservedWord),
    );
    expect(error.message).toContain('of 64 bytes');
  });
});
