// docs/judges.md: what judges of others object to in the built-in packs, and why it stands.
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

const NAMES = {
  pgtap: 'pgTAP',
  squawk: 'squawk',
  splinter: "Supabase's splinter",
};

const INTRODUCTION = `# Independent judges

Written by \`npm run docs\` from tests/judges/accepted.yaml.

\`validate\` is ours, and so are its blind spots. \`npm run judges\` asks tools of others: it applies every built-in pack with two tenants on
PostgreSQL 18 (activity, which has none, as it is) and fails on whatever they object to, unless the tables below accept it with a reason. It also fails if a reason has nothing
left to excuse, if a judge cannot be had (\`-- --without <judge>\` leaves it out, and says so), and if one misses a fault that was put there for
it: a linter that could not connect, or whose lints were left out, is as quiet as one that found nothing.

| judge | comes from | looks at | must find |
|---|---|---|---|
| squawk 2.66.0 | npm (the build for Linux on x64) | every rendered file, rollbacks included, for PostgreSQL 14, with the rules that are off unless named | four faulty files |
| splinter | the Postgres Language Server 0.25.5 on npm, Supabase's own, which carries its SQL (Linux on x64) | the control plane and every schema, as if it were an API: \`anon\` has nothing, \`authenticated\` is a member of every tenant's and every caller's role | 14 planted faults |
| pgTAP | Debian's postgresql-15-pgtap 1.2.0: its SQL file, no extension and no server | tables, views, functions, policies (names, commands, roles), privileges of each tenant, the administrators, a pack's own roles and strangers on schemas, tables, views, functions | two wrong claims for each of its functions, one too few and one too many |

pgTAP's claims come from pack.yaml and tests/judges/expected.yaml, which says what a kind of table promises; neither the scripts nor the catalogue are
asked. A new pack needs an entry there.

## What they do not see

* squawk judges how a migration locks and what it breaks; it has no rule about row security.
* pgTAP 1.2.0 does not read the expressions of policies, nor whether they are restrictive, nor whether row security is on, and does not know the
  privilege MAINTAIN of PostgreSQL 17. Columns' privileges and memberships are not asked.
* The Postgres Language Server has 23 of splinter's 28 lints. The newest file of splinter itself is to be had from GitHub only, where CI does not reach. It was run by
  hand over the same database (commit 55db5b1, April 2026, all 28 lints). Besides what stands below it names five functions under
  \`authenticated_security_definer_function_executable\`: \`federation.current_tenant()\`, \`current_tenant(text)\`, \`enter\`, \`is_platform\` and \`may_read\`. They are
  meant to be called by tenants: each policy asks them who is asking, and what they read (the registry, permissions) no tenant may read itself.
  [isolation.md](isolation.md#identity) says what each answers.
`;

/** The page by its path. */
export async function judgePage() {
  const file = new URL('../tests/judges/accepted.yaml', import.meta.url);
  const accepted = parse(await readFile(file, 'utf8'));
  const sections = Object.entries(NAMES).map(([judge, name]) => {
    const rows = accepted.filter((each) => each.judge === judge).map(row);
    const table = ['| rule | where | why it stands |', '|---|---|---|', ...rows].join('\n');
    return `## What ${name} objects to\n\n${rows.length === 0 ? 'Nothing.' : table}\n`;
  });
  return { 'docs/judges.md': [INTRODUCTION, ...sections].join('\n') };
}

function row({ rule, objects, reason }) {
  const where = objects.map((object) => `\`${object}\``).join(', ');
  return `| \`${rule}\` | ${where} | ${reason.trim().replaceAll('|', '\\|')} |`;
}
