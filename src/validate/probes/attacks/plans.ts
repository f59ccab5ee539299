import { DONE, type Answer } from '../run.js';
import type { Attempt } from '../attempt.js';
import { fullName, sqlName, type RelationFact } from '../relations.js';
import { asTenant, assignment, settable, type Stage } from './stage.js';

/**
 * What an unqualified write would touch, told by its plan: for tables with too many rows, and where the write itself
 * ended in a foreign key. No row is touched.
 */
export function planAttempts(stage: Stage, relation: RelationFact, operations: readonly string[]): Attempt[] {
  const column = settable(relation, stage.arena.tenantColumn);
  const statements: Readonly<Record<string, string | undefined>> = {
    update: column && `update ${sqlName(relation)} set ${assignment(column, undefined)}`,
    delete: `delete from ${sqlName(relation)}`,
    merge: `merge into ${sqlName(relation)} using (select) source on true when matched then delete`,
  };
  return operations.flatMap((operation): Attempt[] => {
    const sql = statements[operation];
    if (sql === undefined) return [];
    return [
      {
        check: 'foreign_write',
        actor: stage.attacker.tenant.role,
        victim: stage.victim.tenant.name,
        object: fullName(relation),
        operation,
        expect: 'unchanged',
        remedy: `The plan of an unqualified ${operation} on ${fullName(relation)} has no condition on ${stage.arena.tenantColumn}: its policies let every row through.`,
        act: {
          as: asTenant(stage, stage.attacker.tenant),
          sql: `explain (costs off, verbose, format json) ${sql}`,
          counts: 'text',
        },
      },
    ];
  });
}

/** Whether every scan in the plan asks for the tenant. */
export function readPlan(answer: Answer, tenantColumn: string): Answer {
  if (answer.state !== DONE) return answer;
  const [root] = JSON.parse(answer.text) as { readonly Plan: PlanNode }[];
  const isGuarded = root !== undefined && guards(root.Plan, tenantColumn);
  return { ...answer, text: '', changed: !isGuarded };
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly Plans?: readonly PlanNode[];
  readonly [key: string]: unknown;
}

const CONDITIONS = ['Index Cond', 'Recheck Cond', 'Filter', 'One-Time Filter', 'TID Cond'];

function guards(node: PlanNode, tenantColumn: string): boolean {
  const conditions = CONDITIONS.map((key) => node[key]).filter((value) => typeof value === 'string');
  if (conditions.some((text) => text.includes(tenantColumn))) return true;
  if (conditions.includes('false')) return true;
  if (/Scan$/.test(node['Node Type']) && node['Relation Name'] !== undefined) return false;
  // The sides of a join and init plans are guarded one by one; a node without children reads nothing.
  return (node.Plans ?? []).every((child) => guards(child, tenantColumn));
}
