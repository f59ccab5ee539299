import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the service answers: a secret, an error by its name, or a body as it is. */
export type SecretAnswer =
  | { readonly secret: string }
  | { readonly error: string; readonly status?: number }
  | { readonly body: string };

/** A Secrets Manager of a test's own. */
export interface FakeSecretsManager {
  readonly url: string;
  /** Environment with which the AWS SDK comes here and nowhere else. */
  readonly env: Readonly<Record<string, string>>;
  /** The ids that were asked for, each with the region that the request was signed for. */
  readonly asked: { readonly id: string; readonly region: string }[];
  stop(): Promise<void>;
}

/** Speaks the JSON protocol of Secrets Manager on a free port; unknown ids are not found. */
export async function startSecretsManager(
  answers: Readonly<Record<string, SecretAnswer>>,
): Promise<FakeSecretsManager> {
  const asked: { id: string; region: string }[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const { SecretId: id = '' } = JSON.parse(body) as { SecretId?: string };
      asked.push({ id, region: regionOf(request) });
      const isKnown = request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue';
      const answer = isKnown ? (answers[id] ?? NOT_FOUND) : { error: 'UnknownOperationException' };
      const failed = 'error' in answer;
      response.writeHead(failed ? (answer.status ?? 400) : 200, {
        'content-type': 'application/x-amz-json-1.1',
      });
      response.end(bodyOf(id, answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    env: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    asked,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const NOT_FOUND: SecretAnswer = { error: 'ResourceNotFoundException' };

function bodyOf(id: string, answer: SecretAnswer): string {
  if ('body' in answer) return answer.body;
  if ('error' in answer) return JSON.stringify({ __type: answer.error, Message: `about ${id}` });
  return JSON.stringify({ Name: id, SecretString: answer.secret });
}

/** Signature version 4 names the region in the credential's scope. */
const regionOf = ({ headers }: IncomingMessage): string =>
  /Credential=[^/]+\/\d+\/([^/]+)\/secretsmanager\//.exec(headers.authorization ?? '')?.[1] ?? '';

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}
