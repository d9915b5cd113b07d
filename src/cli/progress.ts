const WIDTH = 30;

/** A line on standard error that is drawn again and again; nothing where nobody watches. */
export interface Progress {
  show(done: number, total: number | undefined, what: string): void;
  end(): void;
}

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  let drawn = false;
  return {
    show(done, total, what) {
      if (!stream.isTTY) return;
      drawn = true;
      stream.write(`\r\u001b[2K${progressLine(done, total, what)}`);
    },
    end() {
      if (drawn) stream.write('\r\u001b[2K');
      drawn = false;
    },
  };
}

/** `████░░░░ 120 of 400 accounts`, or without a known total, the number alone. */
export function progressLine(done: number, total: number | undefined, what: string): string {
  if (total === undefined || total === 0) return `${done} ${what}`;
  const share = Math.min(1, done / total);
  const full = Math.round(share * WIDTH);
  return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${done} of ${total} ${what}`;
}
