import { DONE, type Answer } from '../run.js';
import type { Attempt } from '../attempt.js';

/**
 * The same attempt, told by its plan: for tables with too many rows, and where the write itself ended in a foreign
 * key. No row is touched.
 */
export const asPlan = (attempt: Attempt): Attempt => ({
  ...attempt,
  isPlan: true,
  act: {
    as: attempt.act.as,
    sql: `explain (costs off, verbose, format json) ${attempt.act.sql}`,
    counts: 'text',
  },
});

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
