import pg from 'pg';
import { OLDER, SCRIPTS, TOGETHER } from '/work/main/tests/db/render/invert-fixtures.ts';
import { deriveRollback } from '/work/main/src/render/invert.ts';
import { loadSqlParser, parseSql } from '/work/main/src/render/sql.ts';
import { snapshotCatalogue, diffCatalogues } from '/work/main/tests/support/catalogue.ts';
import { createTestDatabase, withClient } from '/work/main/tests/support/database.ts';
import { startTestServer } from '/work/main/tests/support/postgres.ts';
import { test } from 'vitest';
test('x', async () => {
await loadSqlParser();
const s = await startTestServer(Number(process.env.M ?? 18) as 18);
const d = await createTestDatabase(s, 'x');
const fix = (q: string) => (Number(process.env.M) < 15 ? q.replace(' with (security_invoker = true)', '') : q).replaceAll('ROLE', d.rolePrefix);
try { await withClient(d.url, async (c) => {
  const run = async (label: string, text: string) => { try { await c.query(text); return true; } catch (e: any) { console.log(label, 'FAIL', e.message, e.detail, '>>>', text.slice(Math.max(0, e.position - 60), +e.position + 80)); await c.query('rollback'); return false; } };
  const steps = async (label: string, text: string) => { await c.query('begin'); for (const st of parseSql(text)) { try { await c.query(st.text);} catch (e: any) { console.log(label, 'FAIL', e.message, e.detail ?? '', '>>>', st.text); await c.query('rollback'); return false; } } await c.query('commit'); return true; };
  await run('older', fix(OLDER));
  const states = [await snapshotCatalogue(c)];
  const list = process.env.ONE ? [TOGETHER] : SCRIPTS;
  let n = 0;
  for (const x of list) { if (!(await steps(x.name, fix(x.sql)))) break; n++; states.push(await snapshotCatalogue(c)); }
  console.log('applied', n, states.map((x) => x.length));
  for (let i = n - 1; i >= 0; i--) { const x = list[i]!; const r = deriveRollback(parseSql(fix(x.sql)));
    if (process.env.SHOW) console.log(x.name, r.sql.replaceAll(d.rolePrefix, 'R_'));
    if (r.problems.length) { console.log(x.name, r.problems); break; }
    if (!(await steps('down ' + x.name, r.sql))) break;
    console.log(x.name, 'DIFF', diffCatalogues(states[i]!, await snapshotCatalogue(c)).slice(0, 12)); }
}); } finally { await d.drop().catch((e) => console.log(e.message)); await s.stop(); }
}, 60000);
