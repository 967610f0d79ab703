import { findAssets } from "../../clusters/apiserver/assets.ts";
import { startRealApiServer } from "../../clusters/apiserver/real-api-server.ts";
import { EmbeddedApiServer } from "../../clusters/embedded/apiserver/index.ts";
import { startControllers } from "../../clusters/embedded/controllers/index.ts";
import { type Clock, type Scope, seededRandom, silentLog } from "../../core/index.ts";
import type { KubeConfig } from "../../kube/client.ts";
import { createKubeClient, type KubeClient } from "../../kube/index.ts";
import { createDialer } from "../../net/index.ts";
import type { RunFolder } from "../../suite/run-folder.ts";

/** One of the two servers that are compared. */
export type Subject = { readonly name: "embedded" | "real"; readonly admin: KubeClient; readonly config: KubeConfig };

/** Both servers, with nothing beside them; or the text that says why the real one can't be started. */
export async function startServers(
  { path, lifeline }: RunFolder,
  clock: Clock,
  scope: Scope,
): Promise<readonly [real: Subject, embedded: Subject] | string> {
  const assets = findAssets(process.env);
  if (typeof assets === "string") return assets;
  const real = scope.use(
    await startRealApiServer(assets, { clock, log: silentLog, folder: path, processGroups: lifeline }),
  );
  const kubelets = createDialer({ resolvers: [] });
  const embedded = scope.use(await new EmbeddedApiServer({ clock, kubelets, secretsStore: false }).start());
  const subject = (name: Subject["name"], config: KubeConfig): Subject => ({
    name,
    config,
    admin: scope.use(createKubeClient({ ...config, userAgent: "differential" }, { clock })),
  });
  return [subject("real", real.adminConfig), subject("embedded", embedded.adminConfig)];
}

/** The same controllers for both: what they write is no difference of the servers. */
export async function startTheirControllers(subjects: readonly Subject[], clock: Clock, scope: Scope): Promise<void> {
  for (const { config } of subjects) {
    const client = scope.use(createKubeClient({ ...config, userAgent: "kube-controller-manager" }, { clock }));
    scope.use(await startControllers({ client, clock, log: silentLog, random: seededRandom(7), scheduler: false }));
  }
}
