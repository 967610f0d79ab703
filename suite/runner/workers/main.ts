import { once } from "node:events";
import { enableCompileCache } from "node:module";
import type { FromWorker, ToWorker } from "./protocol.ts";

/**
 * The process of a worker. It lives as long as its channel: whoever started it may be killed at any time. A Ctrl-C
 * reaches the whole terminal, and is the business of that one alone.
 */
enableCompileCache();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
const ending = new AbortController();
const queue: ToWorker[] = [];
let wake = Promise.withResolvers<void>();
process.on("message", (message: ToWorker) => {
  if (message.type === "interrupt") ending.abort("interrupt");
  queue.push(message);
  wake.resolve();
});
// The run is gone without a word: what this one has started ends with it, by its lifeline.
const abandoned = (): void => process.exit(1);
process.on("disconnect", abandoned);

async function* messages(): AsyncGenerator<ToWorker> {
  for (;;) {
    const next = queue.shift();
    if (next !== undefined) yield next;
    else {
      await wake.promise;
      wake = Promise.withResolvers();
    }
  }
}

const { serveChunks } = await import("./worker.ts");
await serveChunks({
  send: (message: FromWorker) =>
    void process.send?.(message, undefined, undefined, (error) => {
      if (error !== null) abandoned();
    }),
  messages: messages(),
  signal: ending.signal,
});
process.off("disconnect", abandoned);
// What was sent last is on its way until the channel is closed.
if (process.connected) {
  const closed = once(process, "disconnect");
  process.disconnect();
  await closed;
}
process.exit(0);
