import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { Verdict, World } from './model.js';
import { readOutput, toolFile, toolVersion } from './tools.js';

const PACKAGE = '@squawk-cli/linux-x64';

/** Rules that are off unless named. */
const OPT_IN = ['require-table-schema', 'identifier-too-long'];

/** The oldest server that packs are for: squawk asks more of it. Scripts are run in one transaction. */
const OPTIONS = ['--pg-version', '14.0', '--assume-in-transaction', '--reporter', 'json'];

/** What must be objected to, by rule. A syntax error would hide what else a file has, so it stands in a file of its own. */
const CONTROLS: readonly (readonly [rule: string, sql: string])[] = [
  ['ban-drop-table', 'drop table shop.orders;'],
  ['require-table-schema', 'create table unqualified (id bigint primary key);'],
  ['adding-required-field', 'alter table shop.orders add column colour text not null;'],
  ['syntax-error', 'create tabel shop.colours ();'],
];

const reportSchema = z.array(
  z.object({ file: z.string(), line: z.number(), rule_name: z.string(), message: z.string() }),
);

/** Lints every file that was rendered. */
export async function judgeWithSquawk({ files }: World): Promise<Verdict> {
  const squawk = toolFile('squawk', `${PACKAGE}/bin/squawk`);
  const folder = await mkdtemp(path.join(tmpdir(), 'squawk-'));
  try {
    const controls = CONTROLS.map(([rule, content]) => ({ name: `control/${rule}.sql`, content }));
    for (const { name, content } of [...files, ...controls]) {
      await mkdir(path.join(folder, path.dirname(name)), { recursive: true });
      await writeFile(path.join(folder, name), content);
    }
    const names = [...files, ...controls].map(({ name }) => name);
    const include = OPT_IN.flatMap((rule) => ['--include', rule]);
    const report = reportSchema.parse(
      JSON.parse(await readOutput(squawk, [...OPTIONS, ...include, ...names], folder)),
    );
    const seen = new Set(report.map(({ file, rule_name: rule }) => `${rule} in ${file}`));
    return {
      judge: 'squawk',
      scope: `squawk ${await toolVersion(PACKAGE)} over ${files.length} rendered files`,
      objections: report
        .filter(({ file }) => !file.startsWith('control/'))
        .map(({ file, line, rule_name: rule, message }) => ({
          rule,
          object: file,
          // Its lines begin with 0.
          message: `line ${line + 1}: ${message}`,
        })),
      blindTo: CONTROLS.map(([rule]) => `${rule} in control/${rule}.sql`).filter((fault) => !seen.has(fault)),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
