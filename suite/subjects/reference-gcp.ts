import { pairOfSecrets, referenceProvider } from "./reference-provider.ts";
import type { Parameters, ProviderSubject } from "./subject.ts";

const MACHINE = "node@p.iam.gserviceaccount.com";

/** The GCP provider on a fake Google, with the rights of its machine; whom Google lets in is the GCP cases' business. */
export function gcpReference(): ProviderSubject {
  const { values, renewed, ...inputs } = pairOfSecrets(
    "db-password",
    "api-key",
    (...names: readonly string[]): Parameters => ({
      auth: "provider-adc",
      secrets: names
        .map((name) => `- {resourceName: projects/p/secrets/${name}/versions/latest, path: ${name}}\n`)
        .join(""),
    }),
  );
  return referenceProvider({
    name: "gcp",
    ...inputs,
    start: async (clock, { log }, scope) => {
      const [{ FakeGcp }, { GcpProvider }, { startProvider }, net] = await Promise.all([
        import("../../fakes/gcp/index.ts"),
        import("../../providers/gcp/index.ts"),
        import("../../providers/kit/index.ts"),
        import("../../net/index.ts"),
      ]);
      const authority = await net.createCertificateAuthority({ clock });
      const tls = await authority.issue({ commonName: "googleapis.com", dnsNames: ["*.googleapis.com"] });
      const google = scope.use(await new FakeGcp({ clock, tls }).start());
      const metadata = scope.use(await google.listenToo({}));
      const hold = (secrets: typeof values): void => {
        const versions = Object.entries(secrets).map(([name, value]) => [
          `projects/p/secrets/${name}`,
          { versions: [value] },
        ]);
        google.seed({ secrets: Object.fromEntries(versions) });
      };
      google.seed({
        projects: { p: {} },
        policies: { p: [{ role: "roles/secretmanager.secretAccessor", members: [`serviceAccount:${MACHINE}`] }] },
        metadata: { projectId: "p", serviceAccount: MACHINE },
      });
      hold(values);
      return {
        rotate: async () => hold(renewed()),
        serve: (socketPath) =>
          startProvider({
            clock,
            log,
            endpoint: socketPath,
            provider: new GcpProvider({
              clock,
              log,
              caPem: authority.certPem,
              dialer: net.createDialer({
                resolvers: [
                  net.loopbackResolver,
                  async (host) =>
                    host.endsWith(".googleapis.com") ? { host: google.host, port: google.port } : undefined,
                ],
              }),
              environment: { GCE_METADATA_HOST: `${metadata.host}:${metadata.port}` },
              // The machine's rights need nothing of the cluster.
              kubeConfig: { server: "http://127.0.0.1:1", caPem: "", credentials: { kind: "none" } },
            }),
          }),
      };
    },
  });
}
