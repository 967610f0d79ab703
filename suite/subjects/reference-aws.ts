import { pairOfSecrets, referenceProvider } from "./reference-provider.ts";
import type { Parameters, ProviderSubject } from "./subject.ts";

const REGION = "us-east-1";
/** A cloud's token; whom AWS lets in is the business of the AWS cases. */
const TOKENS = JSON.stringify({ "pods.eks.amazonaws.com": { token: "anybody's" } });

/** The AWS provider on a fake AWS, with an agent that hands out the account owner's keys to everybody. */
export function awsReference(): ProviderSubject {
  const { values, renewed, ...inputs } = pairOfSecrets(
    "db-password",
    "api-key",
    (...names: readonly string[]): Parameters => ({
      region: REGION,
      usePodIdentity: "true",
      "csi.storage.k8s.io/serviceAccount.tokens": TOKENS,
      objects: names.map((name) => `- {objectName: ${name}, objectType: secretsmanager}\n`).join(""),
    }),
  );
  return referenceProvider({
    name: "aws",
    ...inputs,
    start: async (clock, { log }, scope) => {
      const [{ FakeAws }, { AwsProvider }, { startProvider }, { createDialer, loopbackResolver, startHttpServer }] =
        await Promise.all([
          import("../../fakes/aws/index.ts"),
          import("../../providers/aws/index.ts"),
          import("../../providers/kit/index.ts"),
          import("../../net/index.ts"),
        ]);
      const aws = scope.use(await new FakeAws({ clock }).start());
      const hold = (secrets: typeof values): void => {
        for (const [name, string] of Object.entries(secrets)) aws.admin.secret(REGION, name, { string });
      };
      hold(values);
      const { accessKeyId, secretAccessKey } = aws.ownerKey;
      const agent = scope.use(
        await startHttpServer({
          clock,
          name: "pod-identity-agent",
          handler: (exchange) =>
            exchange.json(200, { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: "" }),
        }),
      );
      return {
        rotate: async () => hold(renewed()),
        serve: (socketPath) =>
          startProvider({
            clock,
            log,
            endpoint: socketPath,
            provider: new AwsProvider({
              clock,
              log,
              dialer: createDialer({ resolvers: [loopbackResolver, async () => agent] }),
              environment: { AWS_ENDPOINT_URL: aws.url },
            }),
          }),
      };
    },
  });
}
