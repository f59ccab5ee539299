import { createInterface } from 'node:readline/promises';
import { FedgenError } from '../shared/errors.js';

/**
 * Lets a person type the name of what is to be destroyed.
 * @throws FedgenError E_CONFIRMATION without a terminal, or when something else was typed.
 */
export async function confirmDestruction(what: string, name: string, signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new FedgenError(
      'E_CONFIRMATION',
      `${what}, and there is no terminal to ask for a confirmation on`,
      {
        hint: 'Pass --yes if you mean it.',
      },
    );
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`${what}. Type "${name}" to go on: `, { signal });
    if (answer.trim() === name) return;
  } finally {
    prompt.close();
  }
  throw new FedgenError('E_CONFIRMATION', `not confirmed: nothing was done`, {
    hint: `Type ${name}, or pass --yes.`,
  });
}
