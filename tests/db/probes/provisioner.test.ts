import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { apply } from '../../../src/index.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings, withProvisioner } from '../../support/department.js';
import { MAJORS, startTestServer, type TestServer } from '../../support/postgres.js';
import { probeDepartment } from './department-world.js';
import { findingsOf } from './shared-world.js';

describe.each([undefined, ...MAJORS.filter((major) => major !== 18)])('on PostgreSQL %s', (major) => {
  let server: TestServer | undefined;
  let superuser: TestDatabase;
  let provisioner: TestDatabase;
  beforeAll(async () => {
    server = major === undefined ? undefined : await startTestServer(major);
    superuser = await createTestDatabase(server ?? inject('testServer'), 'provisioner');
    provisioner = await withProvisioner(superuser);
    for (const departmentId of ['hr', 'sales'])
      await apply({ departmentId, department: departmentId, settings: testSettings(provisioner) });
  });
  afterAll(async () => {
    await superuser.drop();
    await server?.stop();
  });

  it('a superuser finds nothing in what a provisioner has made', async () => {
    const warnings = findingsOf(await probeDepartment(superuser), ['warning']);
    expect(findingsOf(await probeDepartment(superuser))).toEqual([]);
    // PUBLIC may create in public before 15.
    expect(warnings.filter((each) => !each.startsWith('create_anywhere public'))).toEqual([]);
    expect(warnings.length > 0).toBe(major === 14);
  });

  it('a provisioner proves the same, and says what it could not', async () => {
    const report = await probeDepartment(provisioner);
    expect(findingsOf(report)).toEqual([]);
    const unproven = report.checks.find(({ code }) => code === 'not_proven')?.findings ?? [];
    expect(unproven.map(({ message }) => message)).toEqual([
      'not proven as this role: SET ROLE to other roles: the memberships of the connecting role would decide',
      'not proven as this role: what the gateway reaches by SET ROLE',
    ]);
    expect(report.matrix.length).toBeGreaterThan(1000);
  });

  it('a provisioner finds an open policy and a membership', async () => {
    await withClient(superuser.url, (client) =>
      client.query(`grant usage on schema sales_tenant to "${superuser.rolePrefix}hr_role";
        grant select on sales_tenant.contacts to "${superuser.rolePrefix}hr_role";
        create role "${superuser.rolePrefix}other"; grant "${superuser.rolePrefix}other" to "${superuser.rolePrefix}hr_role"`),
    );
    const found = findingsOf(await probeDepartment(provisioner)).map((each) => each.split(' ', 2).join(' '));
    expect(new Set(found)).toEqual(
      new Set([
        'foreign_read sales_tenant.contacts:',
        'foreign_write sales_tenant.contacts:',
        `becoming_others ${superuser.rolePrefix}hr_role:`,
      ]),
    );
  });
});
