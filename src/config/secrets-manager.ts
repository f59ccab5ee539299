import type * as SecretsManager from '@aws-sdk/client-secrets-manager';
import { FedgenError, type ErrorCode } from '../shared/errors.js';
import { SECRET_ARN } from './database-secret.js';

const PACKAGE = '@aws-sdk/client-secrets-manager';
/** The SDK's own default is to wait for ever. */
const TIMEOUT_MS = 10_000;

/** What went wrong, in words of ours, and what to do about it. */
interface Verdict {
  readonly code: ErrorCode;
  readonly fault: string;
  readonly hint: string;
}

const unavailable = (fault: string, hint: string): Verdict => ({ code: 'E_SECRET_UNAVAILABLE', fault, hint });
const invalid = (fault: string, hint: string): Verdict => ({ code: 'E_SECRET_INVALID', fault, hint });

const RIGHTS = unavailable(
  'AWS refuses it to these credentials',
  'They need secretsmanager:GetSecretValue on the secret, and kms:Decrypt if it has a key of its own. Expired or wrong credentials are refused too.',
);
const CREDENTIALS = unavailable(
  'no AWS credentials were found',
  'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is attached (EC2, ECS, Lambda).',
);
const MISSING = unavailable(
  'there is no such secret',
  'Check the name, the account and the region (AWS_REGION, unless an ARN names it).',
);
const NETWORK = unavailable(
  'Secrets Manager cannot be reached',
  'Check the network, the region and AWS_ENDPOINT_URL_SECRETS_MANAGER or AWS_ENDPOINT_URL, if one of them is set.',
);
const BUSY = unavailable('Secrets Manager does not answer now', 'Try again in a moment.');

const BY_NAME: Readonly<Record<string, Verdict>> = {
  AccessDeniedException: RIGHTS,
  AccessDenied: RIGHTS,
  DecryptionFailure: RIGHTS,
  ExpiredTokenException: RIGHTS,
  InvalidClientTokenId: RIGHTS,
  InvalidSignatureException: RIGHTS,
  MissingAuthenticationTokenException: RIGHTS,
  UnrecognizedClientException: RIGHTS,
  CredentialsProviderError: CREDENTIALS,
  TokenProviderError: CREDENTIALS,
  ResourceNotFoundException: MISSING,
  InternalServiceError: BUSY,
  ThrottlingException: BUSY,
  TimeoutError: NETWORK,
  InvalidRequestException: unavailable(
    'AWS does not hand it out in its present state',
    'Is it marked for deletion? "aws secretsmanager restore-secret" brings it back.',
  ),
};

const REGION = invalid(
  'nothing, or nothing usable, says in which AWS region it is',
  'Name the secret by its ARN, or set AWS_REGION.',
);
const BINARY = invalid(
  'it is binary, not text',
  'Store user and password as the text of the secret (SecretString).',
);
const NO_SDK = invalid(
  `${PACKAGE} is not installed`,
  `fedgen comes without it. Install it beside fedgen: npm install ${PACKAGE}.`,
);

/**
 * The text of a secret in AWS Secrets Manager, in the region of its ARN or else the SDK's. Credentials, region and
 * endpoint are what the SDK finds in its environment.
 * @throws FedgenError E_SECRET_INVALID, E_SECRET_UNAVAILABLE; neither with a cause, because what the SDK could not read
 *   is part of its error
 */
export async function readSecretsManager(id: string): Promise<string> {
  const { SecretsManagerClient, GetSecretValueCommand } = await loadSdk(id);
  const region = SECRET_ARN.exec(id)?.groups?.['region'];
  const client = new SecretsManagerClient({
    ...(region !== undefined && { region }),
    requestHandler: {
      connectionTimeout: TIMEOUT_MS,
      requestTimeout: TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
  });
  try {
    const { SecretString: text } = await client.send(new GetSecretValueCommand({ SecretId: id }));
    if (text === undefined) throw told(id, BINARY);
    return text;
  } catch (error) {
    throw error instanceof FedgenError ? error : told(id, verdictOf(error), error);
  } finally {
    client.destroy();
  }
}

async function loadSdk(id: string): Promise<typeof SecretsManager> {
  try {
    // Loaded here: it is as large as fedgen, and few need it.
    return await import('@aws-sdk/client-secrets-manager');
  } catch (error) {
    if (codeOf(error) === 'ERR_MODULE_NOT_FOUND') throw told(id, NO_SDK);
    throw error;
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error ? Reflect.get(error, 'code') : undefined);

function verdictOf(error: unknown): Verdict {
  const name = nameOf(error);
  const known = BY_NAME[name];
  if (known) return known;
  // The SDK has no name for it: "Region is missing", and others for one that is empty or malformed.
  if (name === 'Error' && /\bregion\b/i.test(error instanceof Error ? error.message : '')) return REGION;
  if (typeof codeOf(error) === 'string') return NETWORK;
  return { ...BUSY, fault: `Secrets Manager answers with ${name}` };
}

/** A name is safe to print, a message is not: that of a failed parse quotes the answer. */
function nameOf(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  return /^\w{1,64}$/.test(name) ? name : 'an unknown error';
}

function told(id: string, { code, fault, hint }: Verdict, error?: unknown): FedgenError {
  return new FedgenError(code, `the secret "${id}" cannot be read: ${fault}`, {
    hint,
    details: { secret: id, ...(error !== undefined && { reason: nameOf(error) }) },
  });
}
