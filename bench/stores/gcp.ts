import { silentLog } from "../../core/index.ts";
import { FakeGcp } from "../../fakes/gcp/index.ts";
import { type ActiveFault, createCertificateAuthority, createDialer, loopbackResolver } from "../../net/index.ts";
import { GcpProvider } from "../../providers/gcp/index.ts";
import { requestBytes } from "../load.ts";
import type { StoreBench } from "./store.ts";

const MACHINE = "node@p.iam.gserviceaccount.com";
const NAME = "projects/p/secrets/s/versions/latest";

/** Secret Manager over gRPC, with the rights of the machine: one token a mount, one read an object. */
export const gcp: StoreBench = {
  name: "gcp",
  fakeFlags: ["--root-token", "root"],
  seed: { projects: { p: {} }, secrets: { "projects/p/secrets/s": { versions: ["a value of ordinary length"] } } },
  // As JSON over HTTP/1.1: what answers is the same method that gRPC calls.
  reader: async (url) => () => requestBytes(url, `GET /v1/${NAME}:access`, { authorization: "Bearer root" }),
  mounts: async (clock, scope) => {
    const authority = await createCertificateAuthority({ clock });
    const tls = await authority.issue({ commonName: "googleapis.com", dnsNames: ["*.googleapis.com"] });
    const google = scope.use(await new FakeGcp({ clock, tls, rootToken: "root" }).start());
    const metadata = scope.use(await google.listenToo({}));
    google.seed({
      projects: { p: {} },
      policies: { p: [{ role: "roles/secretmanager.secretAccessor", members: [`serviceAccount:${MACHINE}`] }] },
      metadata: { projectId: "p", serviceAccount: MACHINE },
      secrets: { "projects/p/secrets/s": { versions: ["a value of ordinary length"] } },
    });
    const dialer = createDialer({
      resolvers: [
        loopbackResolver,
        async (host) => (host.endsWith(".googleapis.com") ? { host: google.host, port: google.port } : undefined),
      ],
    });
    const provider = scope.use(
      new GcpProvider({
        clock,
        log: silentLog,
        dialer,
        caPem: authority.certPem,
        environment: { GCE_METADATA_HOST: `${metadata.host}:${metadata.port}` },
        kubeConfig: { server: "http://127.0.0.1:1", caPem: "", credentials: { kind: "none" } },
      }),
    );
    let fault: ActiveFault | undefined;
    return {
      delay: (ms) => {
        fault?.remove();
        fault = google.faults.add({ effect: { kind: "latency", ms } });
      },
      mount: async (objects) => {
        const secrets = Array.from({ length: objects }, (_, at) => `- {resourceName: ${NAME}, path: f${at}}\n`).join(
          "",
        );
        await provider.mount(
          {
            attributes: JSON.stringify({ auth: "provider-adc", secrets }),
            secrets: "{}",
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
