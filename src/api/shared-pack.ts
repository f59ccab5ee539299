import { readPack } from '../apply/registry.js';
import type { Session } from '../db/session.js';
import { IDENTITY_VARIABLE } from '../packs/tenancy.js';
import type { TargetPlan } from '../plan/target.js';
import { FedgenError } from '../shared/errors.js';

/**
 * The identity mode is chosen when a shared pack is installed: a tenant that was safe under the old one may not be under
 * the new one.
 * @throws FedgenError E_USAGE when another mode is asked for than the pack was installed with.
 */
export async function refuseOtherIdentity(session: Session, plan: TargetPlan): Promise<void> {
  const installed = plan.target.kind === 'shared' ? await findInstalled(session, plan) : undefined;
  const wanted = plan.variables[IDENTITY_VARIABLE];
  if (!installed || wanted === undefined || installed.identityMode === wanted) return;
  throw new FedgenError(
    'E_USAGE',
    `pack "${installed.pack}" is installed with identity ${installed.identityMode}, not ${String(wanted)}`,
    {
      hint: `Leave --var identity out. To change the mode, roll the pack back (fedgen rollback --pack ${plan.pack.name} --all) and apply it anew.`,
      details: { pack: installed.pack, installed: installed.identityMode, asked: wanted },
    },
  );
}

/** @throws FedgenError E_USAGE while tenants of the shared pack are registered: their roles would be left behind. */
export async function refuseWithTenants(session: Session, plan: TargetPlan): Promise<void> {
  const installed = plan.target.kind === 'shared' ? await findInstalled(session, plan) : undefined;
  if (!installed || installed.tenants === 0) return;
  const { pack, tenants } = installed;
  throw new FedgenError(
    'E_USAGE',
    `pack "${pack}" still serves ${tenants} ${tenants === 1 ? 'tenant' : 'tenants'}`,
    {
      hint: `"fedgen tenant list --pack ${plan.pack.name}" names them. Remove each first: fedgen tenant remove --pack ${plan.pack.name} --tenant-id <id> --yes.`,
      details: { pack, tenants },
    },
  );
}

const findInstalled = (session: Session, plan: TargetPlan): ReturnType<typeof readPack> =>
  readPack(session, plan.roles.owner, plan.pack.family);
