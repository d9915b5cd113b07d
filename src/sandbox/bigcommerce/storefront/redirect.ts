import type { Channel } from '../model.ts';
import type { Store } from '../store.ts';

export function defaultTarget(channel: Channel): string {
  return channel.kind === 'catalyst' ? '/account/orders' : '/account.php';
}

/** Where a sign-in leads; undefined when `redirect_to` is refused and that fails the sign-in. */
export function resolveRedirect(store: Store, channel: Channel, wanted: unknown): string | undefined {
  if (wanted === undefined) return defaultTarget(channel);
  if (typeof wanted === 'string' && (isRelative(wanted) || isWithinStore(store, wanted))) return wanted;
  return store.turned().badRedirect === 'default-page' ? defaultTarget(channel) : undefined;
}

/** One slash and no second one, also none that browsers read from a backslash; nothing unprintable. */
function isRelative(path: string): boolean {
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(path);
}

function isWithinStore(store: Store, wanted: string): boolean {
  if (store.turned().absoluteRedirect !== 'same-store' || !URL.canParse(wanted)) return false;
  const { protocol, hostname, username } = new URL(wanted);
  const isPlain = /^https?:$/.test(protocol) && username === '';
  return isPlain && store.channels.some(({ host }) => host === hostname);
}
