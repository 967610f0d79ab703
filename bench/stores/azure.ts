import { stringify } from "yaml";
import { RealClock, silentLog } from "../../core/index.ts";
import { AzureRig, TENANT } from "../../fakes/azure/testing/rig.ts";
import type { ActiveFault } from "../../net/index.ts";
import { createHttpClient } from "../../net/index.ts";
import { AzureProvider } from "../../providers/azure/index.ts";
import { requestBytes } from "../load.ts";
import type { StoreBench } from "./store.ts";

const CREDENTIALS = { client_id: "app", client_secret: "s3cret" };

/** Key Vault over HTTPS, as it is never otherwise: one token a mount, one read an object. */
export const azure: StoreBench = {
  name: "azure",
  fakeFlags: [],
  seed: {
    tenants: { [TENANT]: [{ clientId: "app", clientSecrets: ["s3cret"] }] },
    vaults: {
      "app-kv": { tenant: TENANT, accessPolicies: [{ clientId: "app", secrets: ["get"] }], secrets: { s: "a value" } },
    },
  },
  reader: async (url, { caPem = "" }) => {
    await using http = createHttpClient({ clock: new RealClock(), caPem });
    const form = { grant_type: "client_credentials", scope: "https://vault.azure.net/.default", ...CREDENTIALS };
    const { status, body } = await http.request({
      method: "POST",
      url: `${url.origin}/${TENANT}/oauth2/v2.0/token`,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(form).toString(),
    });
    if (status !== 200) throw new Error(`no token: ${body.toString("utf8")}`);
    const { access_token: token } = JSON.parse(body.toString("utf8")) as { access_token: string };
    return () => requestBytes(url, "GET /secrets/s?api-version=7.6", { authorization: `Bearer ${token}` });
  },
  mounts: async (clock, scope) => {
    const { azure: store, ...rig } = scope.use(await AzureRig.start(clock));
    for (let at = 0; at < 30; at++) store.vault("app-kv").setSecret(`s${at}`, `value ${at}`);
    const provider = scope.use(new AzureProvider({ clock, log: silentLog, dialer: rig.dialer, caPem: rig.caPem }));
    let fault: ActiveFault | undefined;
    return {
      delay: (ms) => {
        fault?.remove();
        fault = store.faults.add({ effect: { kind: "latency", ms } });
      },
      mount: async (count) => {
        const array = Array.from({ length: count }, (_, at) =>
          stringify({ objectName: `s${at}`, objectType: "secret" }, { schema: "failsafe" }),
        );
        await provider.mount(
          {
            attributes: JSON.stringify({
              "csi.storage.k8s.io/pod.name": "p",
              "csi.storage.k8s.io/pod.namespace": "n",
              keyvaultName: "app-kv",
              tenantId: TENANT,
              objects: stringify({ array }),
            }),
            secrets: JSON.stringify({ clientid: "app", clientsecret: "s3cret" }),
            permission: "420",
            targetPath: "/t",
            currentVersions: new Map(),
          },
          { signal: new AbortController().signal, log: silentLog },
        );
      },
    };
  },
};
