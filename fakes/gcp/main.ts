import { runFakeContainer } from "../kit/index.ts";
import { FakeGcp } from "./fake-gcp.ts";

/** The fake as a container: Google at its own host names, by TLS, and the metadata server, plain. */
export async function runFakeGcp(_args: readonly string[]): Promise<number> {
  return await runFakeContainer("gcp", async ({ plainListen, ...parts }) => {
    const google = await new FakeGcp({ ...parts, control: true }).start();
    const metadata = await google.listenToo({ listen: plainListen });
    return {
      [Symbol.asyncDispose]: async () => {
        await metadata[Symbol.asyncDispose]();
        await google[Symbol.asyncDispose]();
      },
    };
  });
}
