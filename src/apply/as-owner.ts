import { quoteIdentifier } from '../render/quote.js';
import type { Session } from '../db/session.js';

/** A short transaction as the owner role, which alone may touch the control plane's tables. */
export async function asOwner<T>(
  session: Session,
  owner: string,
  mode: 'read only' | 'read write',
  use: () => Promise<T>,
): Promise<T> {
  await session.client.query(`begin ${mode}; set local role ${quoteIdentifier(owner)}`);
  try {
    const result = await use();
    await session.client.query('commit');
    return result;
  } catch (error) {
    await session.client.query('rollback').catch(() => undefined);
    throw error;
  }
}
