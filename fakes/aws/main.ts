import { runFakeContainer } from "../kit/index.ts";
import { FakeAws } from "./fake-aws.ts";

/** The fake as a container: an AWS account at its own host names, by TLS, and the Pod Identity agent, plain. */
export async function runFakeAws(_args: readonly string[]): Promise<number> {
  return await runFakeContainer("aws", async ({ plainListen, ...parts }) => {
    const aws = await new FakeAws({ ...parts, control: true }).start();
    const agent = await aws.listenToo({ listen: plainListen });
    return {
      [Symbol.asyncDispose]: async () => {
        await agent[Symbol.asyncDispose]();
        await aws[Symbol.asyncDispose]();
      },
    };
  });
}
