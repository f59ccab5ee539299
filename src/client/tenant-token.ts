import { createHmac } from 'node:crypto';
import { FedgenError } from '../shared/errors.js';

/** What a token says, and the key that signs it. */
export interface TokenInput {
  /** Name of the installed pack; of an extended pack the one that it extends. */
  readonly pack: string;
  /** What `fedgen tenant rotate-key` printed: `<key id>.<secret>`. */
  readonly key: string;
  readonly tenantId: string;
  /** What `select federation.challenge()` answered inside the transaction that the token is for. */
  readonly challenge: string;
  readonly expiresAt: Date;
}

const KEY = /^([0-9a-f]{16})\.([A-Za-z0-9_-]{43})$/;

/**
 * Signs a token for the identity mode `signed`: for this tenant, backend and transaction, and until `expiresAt`. Hand it
 * to `select federation.enter(pack, token)` as a parameter.
 * @throws FedgenError E_USAGE for a key that is none.
 */
export function signTenantToken(input: TokenInput): string {
  const [, keyId = '', secret = ''] = KEY.exec(input.key) ?? [];
  if (keyId === '') {
    throw new FedgenError('E_USAGE', 'the key for tenant tokens is none', {
      hint: 'It reads <key id>.<secret>, as "fedgen tenant rotate-key" printed it.',
    });
  }
  const expiry = Math.floor(input.expiresAt.getTime() / 1000);
  const signed = ['v1', input.pack, keyId, expiry, input.challenge, input.tenantId].join('.');
  const mac = createHmac('sha256', Buffer.from(secret, 'base64url')).update(signed).digest('hex');
  return ['v1', keyId, expiry, mac, input.tenantId].join('.');
}
