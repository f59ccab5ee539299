import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAttackedWorld, type AttackedWorld, type Attack } from '../../support/attack.js';
import { ADMINISTRATOR_ATTACKS, AUDIT_ATTACKS, TRAIL_ATTACKS } from '../../support/attack-evidence.js';
import { FORGED_SETTINGS, ORACLES, SHADOWING } from '../../support/attack-identity.js';
import { ALTERING, AROUND, BECOMING, PLANTING } from '../../support/attack-privileges.js';
import { MAJORS, startTestServer, type TestServer } from '../../support/postgres.js';

const LISTS: readonly (readonly [string, readonly Attack[]])[] = [
  ['become somebody else', BECOMING],
  ['create objects in any schema', PLANTING],
  ['alter tables, its own or others', ALTERING],
  ['go around row security', AROUND],
  ['forge its identity by settings', FORGED_SETTINGS],
  ['stand in for what the identity functions use', SHADOWING],
  ['learn of others from constraints', ORACLES],
  ['change a department’s evidence', TRAIL_ATTACKS],
  ['change the platform’s evidence', AUDIT_ATTACKS],
  ['bend the registry as an administrator', ADMINISTRATOR_ATTACKS],
];

/** A control by a superuser may answer anything but an error. */
const isError = (answer: string): boolean => /^[0-9A-Z]{5}$/.test(answer) && /\d/.test(answer);

describe.each(MAJORS)('attacks on PostgreSQL %i', (major) => {
  let server: TestServer;
  let world: AttackedWorld;
  beforeAll(async () => {
    server = await startTestServer(major);
    world = await createAttackedWorld(server, `attack ${major}`);
  });
  afterAll(async () => {
    await world.close();
    await server.stop();
  });

  it('are heard of, should the canary of sales ever reach hr', async () => {
    const [first, ...rest] = world.canary;
    const said = `select '${first ?? ''}' || '${rest.join('')}'`;
    expect(await world.run('sales', said)).toBe(world.canary);
    expect(await world.run('hr', said)).toBe('leaked');
    expect(await world.run('hr', `do $$ begin raise notice '%', '${world.canary}'; end $$`)).toBe('leaked');
    expect(await world.run('hr', `select '${world.canary}'::integer`)).toBe('leaked');
  });

  describe.each(LISTS)('nobody can %s', (_what, attacks) => {
    const cases = attacks
      .filter(({ since = 14 }) => since <= major)
      .map((attack) => [`${attack.as}: ${attack.sql.replace(/\s+/g, ' ')}`, attack] as const);
    it.each(cases)('%s', async (_name, attack) => {
      const { control } = attack;
      if (control) expect(await world.run(control.as, control.sql)).toBe(world.localize(control.answer));
      else expect(await world.run('superuser', attack.sql)).not.toSatisfy(isError);
      expect(await world.run(attack.as, attack.sql)).toBe(world.localize(attack.answer));
    });
  });
});
