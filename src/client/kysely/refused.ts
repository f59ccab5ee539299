import { FedgenError } from '../../shared/errors.js';

/** The error of a statement that the second layer does not let through. */
export const refused = (what: string): FedgenError =>
  new FedgenError('E_STATEMENT_REFUSED', `not sent, since it cannot be kept to the tenant: ${what}`, {
    hint: 'docs/client.md says what the second layer understands; the client of withTenant has the first layer only.',
  });
