import type pg from 'pg';
import { loadPack } from '../../../src/packs/load.js';
import { planDepartment } from '../../../src/plan/target.js';
import { quoteIdentifier } from '../../../src/render/quote.js';
import { createRenderer } from '../../../src/render/render.js';
import { loadSqlParser } from '../../../src/render/sql-parser.js';
import type { Arena } from '../../../src/validate/probes/arena.js';
import { departmentArena } from '../../../src/validate/probes/department.js';
import { probeTarget, type ProbeReport } from '../../../src/validate/probes/probe-target.js';
import { withClient, type TestDatabase } from '../../support/database.js';

await loadSqlParser();
const pack = await loadPack('federation');
const renderer = await createRenderer(pack);

/** Options of one run. */
export interface DepartmentRun {
  /** Statements before the run, in its transaction: `hr_role` and the like get the role prefix. */
  readonly sabotage?: string;
  /** Statements after the scratch is made. */
  readonly later?: string;
  readonly change?: (arena: Arena) => Arena;
  /** Sees the open transaction before it is rolled back. */
  readonly look?: (client: pg.Client) => Promise<unknown>;
}

const localize = (database: TestDatabase, sql: string): string =>
  sql.replace(/\b(\w+_role|federation_owner|federation_tenant)\b/g, `${database.rolePrefix}$1`);

/** Attacks as the department hr against a scratch department and its neighbours; all of it is rolled back. */
export async function probeDepartment(database: TestDatabase, run: DepartmentRun = {}): Promise<ProbeReport> {
  const options = { rolePrefix: database.rolePrefix, variables: {} };
  const plan = planDepartment(pack, { id: 'hr', name: 'hr' }, options);
  const scratch = planDepartment(pack, { id: 'scratch', name: 'scratch' }, options);
  return withClient(database.url, async (client) => {
    const { rows } = await client.query<{ version: number }>(
      `select current_setting('server_version_num')::int as version`,
    );
    const session = { client, serverVersion: rows[0]?.version ?? 0, where: '', signal: undefined };
    await client.query(`begin; set local lock_timeout = '2s'; ${localize(database, run.sabotage ?? '')}`);
    for (const script of renderer.render(scratch)) {
      const role = script.source.directives.runAs === 'owner' ? quoteIdentifier(plan.roles.owner) : 'none';
      await client.query(`set local search_path = scratch_tenant; set local role ${role}; ${script.up.sql}`);
    }
    await client.query(
      `set local role none; set local search_path to default; ${localize(database, run.later ?? '')}`,
    );
    const arena = await departmentArena({ session, plan, scratch, token: 'fgdept7' });
    const report = await probeTarget(run.change ? run.change(arena) : arena);
    await run.look?.(client);
    await client.query('rollback');
    return report;
  });
}
