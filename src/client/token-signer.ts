import type { TokenSigner } from './options.js';
import { signTenantToken } from './tenant-token.js';

/** A key that the application itself keeps. */
export interface TokenSignerOptions {
  /** What `fedgen tenant rotate-key` printed: `<key id>.<secret>`. */
  readonly key: string;
  /** How long a token is good for; a transaction that lasts longer sees nothing from then on. Default: a minute. */
  readonly lifetimeMs?: number;
}

const DEFAULT_LIFETIME_MS = 60_000;

/** Signs tokens with a key: the `token` of {@link WithTenantOptions}. */
export const tokenSigner =
  ({ key, lifetimeMs = DEFAULT_LIFETIME_MS }: TokenSignerOptions): TokenSigner =>
  (request) =>
    signTenantToken({ ...request, key, expiresAt: new Date(Date.now() + lifetimeMs) });
