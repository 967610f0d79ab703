import type { AwsSeed } from "../../../fakes/aws/index.ts";
import { EXAMPLE_ACCOUNT, exportOf, type RunningStore, type StoreParts } from "./store.ts";

/** Regions that the certificate bears; what a region's name leads to is the same account. */
const REGIONS = [
  "us-east-1",
  "us-east-2",
  "us-west-1",
  "us-west-2",
  "eu-central-1",
  "eu-north-1",
  "eu-west-1",
  "eu-west-2",
  "eu-west-3",
  "ap-northeast-1",
  "ap-south-1",
  "ap-southeast-1",
  "ap-southeast-2",
  "ca-central-1",
  "sa-east-1",
] as const;
const POD_IDENTITY_AGENT = "169.254.170.23";
const REGION = "us-east-1";

/** An AWS account behind AWS's own names, which trusts the cluster's issuer, and the Pod Identity agent of the nodes. */
export async function startAws(parts: StoreParts): Promise<RunningStore> {
  const { clock, journal, scope, authority, names, dialer, cluster } = parts;
  const { FakeAws, seedAws } = await import("../../../fakes/aws/index.ts");
  const aws = scope.use(await new FakeAws({ clock, journal, dialer, control: true }).start());
  const [first, ...others] = REGIONS.map((region) => `*.${region}.amazonaws.com`);
  const tls = await authority.issue({
    commonName: "amazonaws.com",
    dnsNames: [first ?? "", ...others, "*.amazonaws.com"],
  });
  const front = scope.use(await aws.listenToo({ tls }));
  names.lead("*.amazonaws.com", { host: front.host, port: front.port });
  names.lead(POD_IDENTITY_AGENT, { host: aws.host, port: aws.port });
  await seedAws(aws.admin, parts.seed ?? exampleSeed(cluster.issuer, aws.accountId));
  const { accessKeyId, secretAccessKey } = aws.ownerKey;
  const environment = {
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: REGION,
    // What boto3 and the AWS CLI read.
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  return { name: "aws", url: aws.url, hints: [exportOf(environment)], environment };
}

/** What `examples/aws/aws-setup.sh` does, and a parameter besides. */
function exampleSeed(issuer: { readonly url: string; readonly caPem: string }, account: string): AwsSeed {
  const host = issuer.url.replace("https://", "");
  const { namespace, name } = EXAMPLE_ACCOUNT;
  const trust = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${host}` },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            [`${host}:aud`]: "sts.amazonaws.com",
            [`${host}:sub`]: `system:serviceaccount:${namespace}:${name}`,
          },
        },
      },
    ],
  };
  const read = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret", "ssm:GetParameters"],
        Resource: "*",
      },
    ],
  };
  return {
    oidcProviders: [{ url: issuer.url, clientIds: ["sts.amazonaws.com"], caPem: issuer.caPem }],
    roles: { "my-app-role": { trust, inline: { read } } },
    secrets: {
      [REGION]: {
        "my-app-db-password": "example-password",
        "my-app-api-key": "example-key",
      },
    },
    parameters: { [REGION]: { "/my-app/level": "info" } },
  };
}
