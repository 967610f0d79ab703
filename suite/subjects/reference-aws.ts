import { randomBytes } from "node:crypto";
import { referenceProvider } from "./reference-provider.ts";
import type { Parameters, ProviderSubject } from "./subject.ts";

const REGION = "us-east-1";
/** A cloud's token; whom AWS lets in is the business of the AWS cases. */
const TOKENS = JSON.stringify({ "pods.eks.amazonaws.com": { token: "anybody's" } });

/** The AWS provider on a fake AWS, with an agent that hands out the account owner's keys to everybody. */
export function awsReference(): ProviderSubject {
  const secret = (): string => randomBytes(12).toString("hex");
  const [password, key] = [secret(), secret()];
  const parametersFor = (...names: readonly string[]): Parameters => ({
    region: REGION,
    usePodIdentity: "true",
    "csi.storage.k8s.io/serviceAccount.tokens": TOKENS,
    objects: names.map((name) => `- {objectName: ${name}, objectType: secretsmanager}\n`).join(""),
  });
  return referenceProvider({
    name: "aws",
    parameters: [parametersFor("db-password", "api-key"), parametersFor("api-key")],
    missing: parametersFor("db-password", "absent"),
    secretValues: {
      values: [password, key],
      byPath: new Map([
        ["db-password", password],
        ["api-key", key],
      ]),
    },
    start: async (clock, { log }, scope) => {
      const [{ FakeAws }, { AwsProvider }, { startProvider }, { createDialer, loopbackResolver, startHttpServer }] =
        await Promise.all([
          import("../../fakes/aws/index.ts"),
          import("../../providers/aws/index.ts"),
          import("../../providers/kit/index.ts"),
          import("../../net/index.ts"),
        ]);
      const aws = scope.use(await new FakeAws({ clock }).start());
      const hold = (first: string, second: string): void => {
        aws.admin.secret(REGION, "db-password", { string: first });
        aws.admin.secret(REGION, "api-key", { string: second });
      };
      hold(password, key);
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
        rotate: async () => hold(secret(), secret()),
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
