import { randomBytes } from 'node:crypto';
import { storeKey, type KeyFacts, type StoredKey } from '../apply/pack-keys.js';
import { MAX_DURATION_MS } from '../config/duration.js';
import { planTarget } from '../plan/target.js';
import { FedgenError } from '../shared/errors.js';
import { prepare } from './options.js';
import { withDatabase, withLock } from './run.js';
import { requireInstalled, targetOptions, type TenantsOptions } from './tenant-target.js';

/** Options of {@link rotateTenantKey}. */
export interface RotateKeyOptions extends TenantsOptions {
  /** How long the keys that stand stay valid beside the new one; default one hour. 0 ends them now. */
  readonly overlapMs?: number;
}

/** The new key. */
export interface RotatedKey {
  readonly pack: string;
  /** `<key id>.<secret>` for {@link signTenantToken}. A secret: it is shown once and kept nowhere. */
  readonly key: string;
  /** All keys that tokens may be signed with now, the new one first. */
  readonly keys: readonly KeyFacts[];
}

/** What HMAC does to a key before it hashes (RFC 2104); SHA-256 has blocks of 64 bytes. */
const BLOCK_BYTES = 64;
const INNER = 0x36;
const OUTER = 0x5c;
const SECRET_BYTES = 32;
const ID_BYTES = 8;
const DEFAULT_OVERLAP_MS = 3_600_000;

/**
 * Makes a new key for the tokens of a shared pack in identity mode `signed`. The keys before it stay valid for the
 * overlap, in which applications take the new one.
 * @throws FedgenError E_USAGE for a pack in another mode; E_TARGET_UNKNOWN, E_DB_*, E_PRIVILEGE, E_PACK_*.
 */
export async function rotateTenantKey(options: RotateKeyOptions): Promise<RotatedKey> {
  const overlapMs = options.overlapMs ?? DEFAULT_OVERLAP_MS;
  if (!Number.isSafeInteger(overlapMs) || overlapMs < 0 || overlapMs > MAX_DURATION_MS) {
    throw new FedgenError('E_USAGE', `an overlap of ${overlapMs} ms is none`, {
      hint: 'Give a whole number of milliseconds from 0.',
    });
  }
  const prepared = await prepare(targetOptions(options));
  const { pack, settings } = prepared;
  const plan = planTarget(pack, undefined, { rolePrefix: settings.rolePrefix, variables: {} });
  return withDatabase(prepared, 'rotating the key', (session) =>
    withLock(session, prepared, prepared.targetId, async () => {
      const { identityMode } = await requireInstalled(session, { prepared, plan });
      if (identityMode !== 'signed') throw notSigned(pack.family, identityMode);
      const { key, stored } = makeTenantKey();
      return { pack: pack.family, key, keys: await storeKey(session, plan, stored, overlapMs) };
    }),
  );
}

/** A new key: for who signs, and as the database keeps it. */
export function makeTenantKey(): { readonly key: string; readonly stored: StoredKey } {
  const secret = randomBytes(SECRET_BYTES);
  const id = randomBytes(ID_BYTES).toString('hex');
  return { key: `${id}.${secret.toString('base64url')}`, stored: storedKey(id, secret) };
}

function storedKey(id: string, secret: Buffer): StoredKey {
  const block = Buffer.concat([secret, Buffer.alloc(BLOCK_BYTES - secret.length)]);
  const pad = (constant: number): Buffer => Buffer.from(block.map((byte) => byte ^ constant));
  return { id, innerPad: pad(INNER), outerPad: pad(OUTER) };
}

const notSigned = (pack: string, mode: string): FedgenError =>
  new FedgenError('E_USAGE', `pack "${pack}" is installed with identity ${mode}, which has no keys`, {
    hint: 'Only packs applied with --var identity=signed have keys.',
    details: { pack, mode },
  });
