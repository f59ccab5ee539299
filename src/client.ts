/** What an application that serves tenants loads: it knows plain pg, and nothing of templates and grammars. @module */
export { withTenant } from './client/with-tenant.js';
export type { IdentityMode, TokenRequest, TokenSigner, WithTenantOptions } from './client/options.js';
export { enterTenant, type EnterTenantOptions, type RunStatement } from './client/enter-tenant.js';
export type { TenantClient } from './client/tenant-client.js';
export type { TenantStatement } from './client/statement.js';
export { signTenantToken, type TokenInput } from './client/tenant-token.js';
export { tokenSigner, type TokenSignerOptions } from './client/token-signer.js';
export { FedgenError, type ErrorCode } from './shared/errors.js';
