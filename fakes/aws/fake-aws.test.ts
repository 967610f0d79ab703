import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ReplicateSecretToRegionsCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { GetParametersCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { RealClock, Scope } from "../../core/index.ts";
import {
  createCertificateAuthority,
  createHttpClient,
  createSigningKey,
  type RunningHttpServer,
  type SigningKey,
  signJwt,
  startHttpServer,
} from "../../net/index.ts";
import { FakeAws, type RunningFakeAws } from "./index.ts";

const REGION = "eu-west-1";
const SUBJECT = "system:serviceaccount:production:app";
const clock = new RealClock();
const outer = new Scope("tests");
let key: SigningKey;
let caPem: string;
let issuer: RunningHttpServer;
let scope: Scope;
let aws: RunningFakeAws;

beforeAll(async () => {
  key = await createSigningKey();
  const authority = await createCertificateAuthority({ clock });
  caPem = authority.certPem;
  issuer = outer.use(
    await startHttpServer({
      clock,
      name: "issuer",
      tls: await authority.issue({ commonName: "issuer", ipAddresses: ["127.0.0.1"] }),
      handler: (exchange) =>
        exchange.path === "/openid/v1/jwks"
          ? exchange.json(200, { keys: [key.jwk] })
          : exchange.json(200, { issuer: issuer.url, jwks_uri: `${issuer.url}/openid/v1/jwks` }),
    }),
  );
});
afterAll(() => outer[Symbol.asyncDispose]());

beforeEach(async () => {
  scope = outer.use(new Scope("test"));
  aws = scope.use(await new FakeAws({ clock, control: true }).start());
  const trusted = { url: issuer.url, caPem };
  aws.admin.trustIssuer(trusted);
  aws.admin.policy(
    "reader",
    allow(["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], "secret:my-app-*"),
  );
  aws.admin.role("app", aws.admin.trustFor(issuer.url, SUBJECT), ["reader"]);
  return () => scope[Symbol.asyncDispose]();
});

function allow(actions: readonly string[], secret: string, effect = "Allow"): unknown {
  const Resource = `arn:aws:secretsmanager:*:*:${secret}`;
  return { Version: "2012-10-17", Statement: [{ Effect: effect, Action: actions, Resource }] };
}

const config = (
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } = aws.ownerKey,
) => ({
  region: REGION,
  endpoint: aws.url,
  credentials,
  maxAttempts: 1,
});
const secrets = (credentials?: Parameters<typeof config>[0]) => new SecretsManagerClient(config(credentials));

function token(change: Record<string, unknown> = {}): string {
  const now = Math.floor(clock.now() / 1000);
  return signJwt(
    { iss: issuer.url, sub: SUBJECT, aud: ["sts.amazonaws.com"], exp: now + 600, nbf: now - 1, ...change },
    key,
  );
}

async function assume(jwt: string, role = "app") {
  const answer = await new STSClient(config()).send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: `arn:aws:iam::${aws.accountId}:role/${role}`,
      RoleSessionName: "1700000000000000000",
      WebIdentityToken: jwt,
    }),
  );
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = answer.Credentials ?? {};
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

const refusal = async (call: Promise<unknown>): Promise<string> =>
  await call.then(
    () => "no refusal",
    (error: Error) => `${error.name}: ${error.message}`,
  );

describe("the official SDKs, unmodified", () => {
  test("write and read secrets: versions, stages, binary", async () => {
    const client = secrets();
    const made = await client.send(new CreateSecretCommand({ Name: "my-app-db", SecretString: "one" }));
    expect(made.ARN).toMatch(/^arn:aws:secretsmanager:eu-west-1:111122223333:secret:my-app-db-[A-Za-z0-9]{6}$/);
    await client.send(new PutSecretValueCommand({ SecretId: made.ARN, SecretBinary: Buffer.from([0, 255, 1]) }));
    const current = await client.send(new GetSecretValueCommand({ SecretId: "my-app-db" }));
    expect([...(current.SecretBinary ?? [])]).toEqual([0, 255, 1]);
    const previous = await client.send(
      new GetSecretValueCommand({ SecretId: "my-app-db", VersionStage: "AWSPREVIOUS" }),
    );
    expect([previous.SecretString, previous.VersionId]).toEqual(["one", made.VersionId]);
    const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: "my-app-db" }));
    expect(VersionIdsToStages).toEqual({
      [made.VersionId ?? ""]: ["AWSPREVIOUS"],
      [current.VersionId ?? ""]: ["AWSCURRENT"],
    });
  });

  test("write and read parameters: versions, labels, names that are not there", async () => {
    const client = new SSMClient(config());
    await client.send(new PutParameterCommand({ Name: "/app/db", Value: "one", Type: "SecureString" }));
    await client.send(new PutParameterCommand({ Name: "/app/db", Value: "two", Overwrite: true }));
    aws.admin.call("ssm", REGION, "LabelParameterVersion", { Name: "/app/db", ParameterVersion: 1, Labels: ["old"] });
    const Names = ["/app/db", "/app/db:1", "/app/db:old", "/app/none", "/app/db:9"];
    const { Parameters, InvalidParameters } = await client.send(
      new GetParametersCommand({ Names, WithDecryption: true }),
    );
    expect(Parameters?.map(({ Value, Version }) => [Value, Version])).toEqual([
      ["two", 2],
      ["one", 1],
      ["one", 1],
    ]);
    expect(InvalidParameters).toEqual(["/app/none", "/app/db:9"]);
  });

  test("become a role by a pod's token, and read what its policy allows", async () => {
    aws.admin.secret(REGION, "my-app-db", { string: "x" });
    const keys = await assume(token());
    expect((await secrets(keys).send(new GetSecretValueCommand({ SecretId: "my-app-db" }))).SecretString).toBe("x");
    const who = await new STSClient(config(keys)).send(new GetCallerIdentityCommand({}));
    expect(who.Arn).toBe("arn:aws:sts::111122223333:assumed-role/app/1700000000000000000");
  });
});

describe("who may not is refused in AWS's words", () => {
  const now = (): number => Math.floor(clock.now() / 1000);
  test.each([
    ["no token at all", () => "abcd", "InvalidIdentityTokenException: The ID Token provided is not a valid JWT"],
    ["an expired token", () => token({ exp: now() - 1 }), "ExpiredTokenException: Token expired"],
    [
      "a token of the future",
      () => token({ nbf: now() + 60 }),
      "InvalidIdentityTokenException: The web identity token that was passed is not yet valid",
    ],
    ["another audience", () => token({ aud: "vault" }), "InvalidIdentityTokenException: Incorrect token audience"],
    [
      "another issuer",
      () => token({ iss: "https://elsewhere" }),
      "InvalidIdentityTokenException: No OpenIDConnect provider found in your account for https://elsewhere",
    ],
    [
      "another ServiceAccount",
      () => token({ sub: "system:serviceaccount:production:other" }),
      "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity",
    ],
    [
      "another namespace",
      () => token({ sub: "system:serviceaccount:staging:app" }),
      "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity",
    ],
    [
      "a forged signature",
      () => `${token().split(".").slice(0, 2).join(".")}.AAAA`,
      "InvalidIdentityTokenException: The web identity token that was passed could not be validated",
    ],
  ])("%s", async (_who, jwt, words) => {
    expect(await refusal(assume(jwt()))).toContain(words);
  });

  test("a role that is not there is told as one that is not allowed", async () => {
    expect(await refusal(assume(token(), "nobody"))).toBe(
      "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity",
    );
  });

  test("a secret outside of the policy, one that is denied, and one that is not there", async () => {
    aws.admin.secret(REGION, "other", { string: "x" });
    aws.admin.secret(REGION, "my-app-denied", { string: "x" });
    aws.admin.role("app", aws.admin.trustFor(issuer.url, SUBJECT), ["reader"], {
      no: allow(["secretsmanager:*"], "secret:my-app-denied-??????", "Deny"),
    });
    const client = secrets(await assume(token()));
    const read = (SecretId: string) => refusal(client.send(new GetSecretValueCommand({ SecretId })));
    expect(await read("other")).toMatch(
      /^AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role\/app\/\d+ is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:\S+:secret:other-\w{6} because no identity-based policy allows the secretsmanager:GetSecretValue action$/,
    );
    expect(await read("my-app-denied")).toMatch(/with an explicit deny in an identity-based policy$/);
    expect(await read("my-app-none")).toBe(
      "ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    );
    expect(await read("none")).toContain("is not authorized to perform");
  });

  test("a secret whose key the role may not use, and one whose key is disabled", async () => {
    aws.admin.secret(REGION, "my-app-db", { string: "x", kmsKeyId: aws.admin.key(REGION, "k1", true) });
    const client = secrets(await assume(token()));
    const read = () => refusal(client.send(new GetSecretValueCommand({ SecretId: "my-app-db" })));
    expect(await read()).toBe("AccessDeniedException: Access to KMS is not allowed");
    aws.admin.iam("PutRolePolicy", {
      RoleName: "app",
      PolicyName: "kms",
      PolicyDocument: JSON.stringify({ Statement: { Effect: "Allow", Action: "kms:Decrypt", Resource: "*" } }),
    });
    expect(await read()).toBe("no refusal");
    aws.admin.key(REGION, "k1", false);
    expect(await read()).toContain("DecryptionFailure");
  });

  test("a request with a wrong secret key, unknown keys, or none", async () => {
    const read = (credentials: Parameters<typeof config>[0]) =>
      refusal(secrets(credentials).send(new GetSecretValueCommand({ SecretId: "x" })));
    expect(await read({ ...aws.ownerKey, secretAccessKey: "wrong" })).toContain(
      "InvalidSignatureException: The request signature we calculated does not match",
    );
    expect(await read({ accessKeyId: "AKIANOBODY", secretAccessKey: "x" })).toContain("UnrecognizedClientException");
    const http = scope.use(createHttpClient({ clock }));
    const bare = await http.request({
      method: "POST",
      url: aws.url,
      headers: { "x-amz-target": "secretsmanager.GetSecretValue" },
      body: "{}",
    });
    expect([bare.status, bare.body.toString()]).toEqual([
      400,
      '{"__type":"MissingAuthenticationTokenException","Message":"Missing Authentication Token"}',
    ]);
  });

  test("an operation that is not there, and a policy that would not be evaluated", async () => {
    expect(
      await refusal(
        secrets().send(
          new ReplicateSecretToRegionsCommand({ SecretId: "x", AddReplicaRegions: [{ Region: "us-east-1" }] }),
        ),
      ),
    ).toContain("UnknownOperationException");
    expect(() =>
      aws.admin.policy("p", {
        Statement: {
          Effect: "Allow",
          Action: "s3:Get",
          Resource: "*",
          Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } },
        },
      }),
    ).toThrow("Condition operator IpAddress is not evaluated by this fake");
  });
});

describe("the Pod Identity agent", () => {
  const trust = {
    Statement: {
      Effect: "Allow",
      Principal: { Service: "pods.eks.amazonaws.com" },
      Action: ["sts:AssumeRole", "sts:TagSession"],
    },
  };
  const podToken = (change: Record<string, unknown> = {}): string =>
    token({
      aud: ["pods.eks.amazonaws.com"],
      "kubernetes.io": { namespace: "production", serviceaccount: { name: "app" }, pod: { name: "web-1", uid: "u" } },
      ...change,
    });
  const ask = async (authorization: string) => {
    const http = scope.use(createHttpClient({ clock }));
    const { status, body } = await http.request({
      method: "GET",
      url: `${aws.url}/v1/credentials`,
      headers: { authorization },
    });
    return { status, value: JSON.parse(body.toString()) as Record<string, string> };
  };
  const associate = (serviceAccount: string): void =>
    aws.admin.podIdentity("prod", { url: issuer.url, caPem }, [
      { namespace: "production", serviceAccount, role: "app" },
    ]);

  test("gives the associated role's keys, tagged with the pod", async () => {
    aws.admin.secret(REGION, "mine", { string: "x" });
    aws.admin.role("app", trust, [], {
      own: {
        Statement: {
          Effect: "Allow",
          Action: "secretsmanager:GetSecretValue",
          Resource: "*",
          Condition: { StringEquals: { "aws:PrincipalTag/kubernetes-namespace": "production" } },
        },
      },
    });
    associate("app");
    const { status, value } = await ask(podToken());
    expect(status).toBe(200);
    const keys = {
      accessKeyId: value["AccessKeyId"] ?? "",
      secretAccessKey: value["SecretAccessKey"] ?? "",
      sessionToken: value["Token"] ?? "",
    };
    expect((await secrets(keys).send(new GetSecretValueCommand({ SecretId: "mine" }))).SecretString).toBe("x");
  });

  test.each([
    ["a pod without an association", "other", podToken, 404, "ResourceNotFoundException"],
    ["a role that does not trust the service", "app", podToken, 403, "AccessDeniedException"],
    ["a token for another audience", "app", () => token(), 400, "InvalidTokenException"],
    ["an expired token", "app", () => podToken({ exp: 1 }), 403, "ExpiredTokenException"],
  ])("refuses %s", async (_who, serviceAccount, jwt, status, code) => {
    associate(serviceAccount);
    const answer = await ask(jwt());
    expect([answer.status, answer.value["code"]]).toEqual([status, code]);
  });
});

describe("the control API", () => {
  test("seeds, meets one operation with a fault, and tells what was asked without a value", async () => {
    const http = scope.use(createHttpClient({ clock }));
    const call = async (method: string, path: string, body?: unknown) => {
      const answer = await http.request({
        method,
        url: `${aws.url}/_mountproof/${path}`,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: answer.status, value: JSON.parse(answer.body.toString()) };
    };
    expect(
      (
        await call("POST", "seed", {
          secrets: { [REGION]: { "my-app": "canary-71" } },
          parameters: { [REGION]: { p: "canary-72" } },
        })
      ).status,
    ).toBe(200);
    expect((await call("POST", "seed", { secret: {} })).value.error).toContain("secret");
    expect((await call("POST", "seed", { policies: { bad: { Statement: [] } } })).value.error).toContain(
      "MalformedPolicyDocument",
    );
    const throttled = {
      kind: "status",
      status: 400,
      body: '{"__type":"ThrottlingException","message":"Rate exceeded"}',
    };
    await call("POST", "faults", { effect: throttled, match: { path: "secretsmanager/*/GetSecretValue" }, times: 1 });
    const read = () => refusal(secrets().send(new GetSecretValueCommand({ SecretId: "my-app" })));
    expect(await read()).toBe("ThrottlingException: Rate exceeded");
    expect(await read()).toBe("no refusal");
    const { value: journal } = await call("GET", "journal");
    expect(
      journal.map(({ operation, status }: { operation: string; status: string }) => `${operation} ${status}`),
    ).toEqual(["secretsmanager/eu-west-1/GetSecretValue 400", "secretsmanager/eu-west-1/GetSecretValue 200"]);
    expect(journal[1].detail).toMatchObject({
      region: REGION,
      SecretId: "my-app",
      caller: "arn:aws:iam::111122223333:root",
    });
    expect(JSON.stringify(journal)).not.toContain("canary-");
  });
});
