import { visible } from "./output.ts";

/** A line that shows how far long work has come; only on a terminal, and gone at the end. */
export interface Progress {
  show(label: string, done: number): void;
  end(): void;
}

const BAR = 24;

export function createProgress(stream: NodeJS.WriteStream): Progress {
  if (!stream.isTTY) return { show() {}, end() {} };
  return {
    show(label, done) {
      const filled = Math.round(done * BAR);
      stream.write(
        `\r${"█".repeat(filled)}${"░".repeat(BAR - filled)} ${Math.round(done * 100)} % ${visible(label)}\u001b[K`,
      );
    },
    end() {
      stream.write("\r\u001b[K");
    },
  };
}
