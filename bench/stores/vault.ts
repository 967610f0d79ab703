import type { ActiveFault } from "../../net/index.ts";
import { PodRig } from "../../providers/vault/testing/pod-rig.ts";
import { requestBytes } from "../load.ts";
import type { StoreBench } from "./store.ts";

/** KV version 2 over HTTP: each mount is a new pod's, so one login a mount, and one read an object. */
export const vault: StoreBench = {
  name: "vault",
  fakeFlags: ["--root-token", "root"],
  seed: { write: { "secret/data/app": { data: { k: "a value of ordinary length" } } } },
  reader: async (url) => () => requestBytes(url, "GET /v1/secret/data/app", { "x-vault-token": "root" }),
  mounts: async (_, scope) => {
    const rig = scope.use(await PodRig.start());
    const store = await rig.vault();
    await store.admin.write("sys/policies/acl/app", { policy: 'path "secret/data/*" { capabilities = ["read"] }' });
    for (let at = 0; at < 30; at++) await store.admin.write(`secret/data/s${at}`, { data: { k: `value ${at}` } });
    const provider = rig.provider({ behaviour: "hardened" });
    let fault: ActiveFault | undefined;
    let pods = 0;
    return {
      delay: (ms) => {
        fault?.remove();
        fault = store.faults.add({ effect: { kind: "latency", ms } });
      },
      mount: async (count) => {
        const item = (at: number): string => `- {objectName: f${at}, secretPath: secret/data/s${at}, secretKey: k}\n`;
        const objects = Array.from({ length: count }, (_, at) => item(at)).join("");
        const uid = `uid-${pods++}`;
        await rig.mount(provider, { vaultAddress: store.url, objects, "csi.storage.k8s.io/pod.uid": uid });
      },
    };
  },
};
