import { createSigningKey } from "../../net/index.ts";
import { runFakeContainer } from "../kit/index.ts";
import { FakeAzure } from "./fake-azure.ts";

/** The fake as a container: Entra ID and the vaults at Azure's host names, by TLS, and the metadata service, plain. */
export async function runFakeAzure(_args: readonly string[]): Promise<number> {
  // Made once: it takes a moment, and a cloud keeps its key.
  const signingKey = await createSigningKey();
  return await runFakeContainer("azure", async ({ plainListen, ...parts }) =>
    new FakeAzure({ ...parts, signingKey, metadataListen: plainListen, control: true }).start(),
  );
}
