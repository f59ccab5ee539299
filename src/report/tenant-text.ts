import type { RemoveTenantResult, TenantStatusResult } from '../api/tenant-lifecycle.js';
import type { OffBoardResult } from '../api/off-board.js';
import type { RotatedKey } from '../api/tenant-keys.js';
import type { SeedResult } from '../api/seed.js';
import type { Tenant } from '../api/tenant-target.js';
import type { AddTenantResult, TenantDetails } from '../api/tenants.js';
import { count } from '../shared/texts.js';
import type { Paint } from './paint.js';
import { formatTable } from './table.js';

/** What adding a tenant did. */
export function formatAdded({ tenant, added }: AddTenantResult, paint: Paint): string {
  const how = tenant.role === undefined ? 'an application speaks for it' : `its role is ${tenant.role}`;
  return added
    ? `${paint.green('Added')} tenant ${paint.bold(tenant.tenantId)} to ${tenant.pack}: ${how}.`
    : `${paint.green('Nothing to do:')} tenant ${tenant.tenantId} of ${tenant.pack} is ${tenant.status}; ${how}.`;
}

/** Tenants as a table. */
export function formatTenants(tenants: readonly Tenant[], paint: Paint): string {
  if (tenants.length === 0) return 'No tenant is registered.';
  const table = formatTable(
    ['tenant', 'name', 'pack', 'status', 'role', 'login', 'sessions'],
    tenants.map((tenant) => [
      tenant.tenantId,
      tenant.name,
      tenant.pack,
      tenant.status === 'active' ? paint.green(tenant.status) : paint.yellow(tenant.status),
      tenant.role ?? '-',
      loginText(tenant),
      tenant.role === undefined ? '-' : String(tenant.sessions),
    ]),
    paint,
  );
  return `${table}\n${count(tenants.length, 'tenant')}`;
}

const loginText = ({ role, login }: Tenant): string =>
  role === undefined ? '-' : login === undefined ? 'role is missing' : login ? 'yes' : 'no';

/** One tenant, with the rows that it has. */
export function formatTenant({ tenant, rows }: TenantDetails, paint: Paint): string {
  const facts = [
    formatTenants([tenant], paint).split('\n').slice(0, -1).join('\n'),
    `since ${tenant.since.toISOString()}`,
  ].join('\n');
  if (rows.length === 0) return facts;
  const counts = rows.map((table) => [table.object, `${table.rows}${table.isMore ? '+' : ''}`]);
  return `${facts}\n\n${formatTable(['table', 'rows'], counts, paint)}`;
}

/** What suspending or resuming did. */
export function formatStatusChange({ tenant, changed, sessions }: TenantStatusResult, paint: Paint): string {
  const word = tenant.status === 'active' ? 'Resumed' : 'Suspended';
  const head = changed
    ? `${paint.green(word)} tenant ${paint.bold(tenant.tenantId)} of ${tenant.pack}.`
    : `${paint.green('Nothing to do:')} tenant ${tenant.tenantId} of ${tenant.pack} is ${tenant.status}.`;
  return [head, ...sessionLines(sessions, paint)].join('\n');
}

function sessionLines({ ended, left }: TenantStatusResult['sessions'], paint: Paint): string[] {
  return [
    ...(ended > 0 ? [`Ended ${count(ended, 'session')} of its role.`] : []),
    ...left.map(({ pid, reason }) => `${paint.red('still there')} backend ${pid}: ${reason}`),
  ];
}

/** What removing a tenant did, or would do. */
export function formatRemoved(
  { tenant, removed, losses, sessions }: RemoveTenantResult,
  options: { readonly tenantId: string; readonly paint: Paint },
): string {
  const { paint } = options;
  if (!tenant) return `${paint.green('Nothing to do:')} tenant ${options.tenantId} is not registered.`;
  const head = removed
    ? `${paint.green('Removed')} tenant ${paint.bold(tenant.tenantId)} of ${tenant.pack}.`
    : `Would remove tenant ${paint.bold(tenant.tenantId)} of ${tenant.pack}${tenant.role === undefined ? '' : ` and role ${tenant.role}`}.`;
  const verb = removed ? 'gone' : 'would go';
  const rows = losses.map((loss) => `  ${loss.object}: ${count(loss.rows, 'row')} ${verb}`);
  return [head, ...rows, ...sessionLines(sessions, paint)].join('\n');
}

/** The same for several packs: each by itself, the rows of all of them summed up. */
export function formatOffBoarded(
  { packs, losses }: OffBoardResult,
  options: { readonly tenantId: string; readonly paint: Paint },
): string {
  const total = losses.reduce((sum, { rows }) => sum + rows, 0);
  return [
    ...packs.map((each) => `${each.pack}: ${formatRemoved(each, options)}`),
    `${count(total, 'row')} in ${count(packs.length, 'pack')}.`,
  ].join('\n');
}

/** A new key, once. */
export function formatKey({ pack, key, keys }: RotatedKey, paint: Paint): string {
  const others = keys.slice(1).map(({ id, expiresAt }) => {
    return `  ${id} stays valid until ${expiresAt?.toISOString() ?? 'it is rotated'}`;
  });
  return [
    `${paint.green('New key')} for tokens of ${pack}; it is not kept anywhere and not shown again:`,
    key,
    ...others,
  ].join('\n');
}

/** What seeding left. */
export function formatSeed({ pack, tenants }: SeedResult, paint: Paint): string {
  const lines = tenants.map(({ tenantId, name, added, counts }) => {
    const rows = Object.entries(counts).map(([table, rows]) => `${table} ${rows}`);
    return `  ${paint.green('✓')} ${tenantId} ${name}${added ? '' : ' (was there)'}: ${rows.join(', ')}`;
  });
  return [
    `${paint.green('Seeded')} ${count(tenants.length, 'tenant')} of ${paint.bold(pack)}.`,
    ...lines,
  ].join('\n');
}
