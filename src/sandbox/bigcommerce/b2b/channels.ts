import type { Channel } from '../model.ts';
import { channelById } from '../store.ts';
import { type Answer, ok, seconds } from './answers.ts';
import type { Call, Handler } from './call.ts';
import { businessChannels } from './people.ts';

/** Only where there are several storefronts. */
export const listChannels: Handler = (call) =>
  ifSeveral(call, () => ok(call.store.channels.map((channel) => view(call, channel))));

export const showChannel: Handler = (call) =>
  ifSeveral(call, () => {
    const channel = channelById(call.store, Number(call.params['channelId']));
    return channel ? ok(view(call, channel)) : plain(404, 'Channel does not exist');
  });

function ifSeveral(call: Call, answer: () => Answer): Answer {
  return call.store.channels.length > 1 ? answer() : plain(403, 'Multi storefront is not enabled');
}

/** These two errors carry their message beside the code. */
function plain(code: 403 | 404, message: string): Answer {
  return { status: code, message, data: {}, bare: { code, message } };
}

function view({ store, origin }: Call, channel: Channel): object {
  const isOpen = businessChannels(store).includes(channel.id);
  return {
    id: channel.id + 70,
    channelId: channel.id,
    name: channel.name,
    type: 'storefront',
    platform: 'bigcommerce',
    status: channel.status,
    site: channel.host === null ? '' : origin(channel.host),
    isVisible: true,
    isEnabled: isOpen,
    iconUrl: '',
    b2bEnabled: isOpen,
    allowGlobalLogins: channel.allow_global_logins,
    createdAt: String(seconds(channel.date_created)),
    updatedAt: String(seconds(channel.date_created)),
  };
}
