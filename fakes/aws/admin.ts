import { MountproofError } from "../../core/index.ts";
import type { Account, Caller } from "./account.ts";
import { AwsRefusal } from "./errors.ts";
import { IAM_OPERATIONS } from "./iam/operations.ts";
import { PARAMETER_STORE } from "./stores/parameter-store.ts";
import { CURRENT, moveStage, type SecretState } from "./stores/secret.ts";
import { SECRETS_MANAGER } from "./stores/secrets-manager.ts";
import type { PodIdentityCluster } from "./sts/pod-identity.ts";
import type { TrustedIssuer } from "./sts/token-check.ts";

export type SecretSeed = {
  readonly string?: string;
  /** base64 */
  readonly binary?: string;
  /** The last one without stages is current. */
  readonly versions?: readonly {
    readonly id?: string;
    readonly string?: string;
    readonly binary?: string;
    readonly stages?: readonly string[];
  }[];
  readonly kmsKeyId?: string;
  readonly tags?: Readonly<Record<string, string>>;
};

export type ParameterSeed = {
  readonly value: string;
  readonly type?: "String" | "StringList" | "SecureString";
  readonly keyId?: string;
  readonly labels?: readonly string[];
};

export const STS_AUDIENCE = "sts.amazonaws.com";

/** The account's owner at work, without a socket: for seeding and for steps. */
export class AwsAdmin {
  readonly account: Account;
  readonly #owner: Caller;
  readonly #issuerCas = new Map<string, string>();
  #cluster: PodIdentityCluster | undefined;

  constructor(account: Account, owner: Caller) {
    this.account = account;
    this.#owner = owner;
  }

  get cluster(): PodIdentityCluster | undefined {
    return this.#cluster;
  }

  caPemOf(url: string): string | undefined {
    return this.#issuerCas.get(url);
  }

  /** Any operation of Secrets Manager or SSM. @throws AwsRefusal */
  call(service: "secretsmanager" | "ssm", region: string, operation: string, input: Readonly<Record<string, unknown>>) {
    const run = (service === "ssm" ? PARAMETER_STORE : SECRETS_MANAGER).get(operation);
    if (run === undefined)
      throw new MountproofError("unsupported", { message: `${service} has no operation "${operation}" here` });
    return run({ account: this.account, region, caller: this.#owner, input });
  }

  /** Any operation of IAM. @throws AwsRefusal */
  iam(operation: string, parameters: Readonly<Record<string, string>>): void {
    const run = IAM_OPERATIONS.get(operation);
    if (run === undefined)
      throw new MountproofError("unsupported", { message: `IAM has no operation "${operation}" here` });
    run(new URLSearchParams(parameters), this.account);
  }

  /** Registers an issuer whose tokens may be exchanged; one that is there is registered anew. */
  trustIssuer(issuer: TrustedIssuer, clientIds: readonly string[] = [STS_AUDIENCE]): string {
    const arn = this.#providerArn(issuer.url);
    this.distrustIssuer(issuer.url);
    if (issuer.caPem !== undefined) this.#issuerCas.set(issuer.url, issuer.caPem);
    const list = Object.fromEntries(clientIds.map((id, index) => [`ClientIDList.member.${index + 1}`, id]));
    this.iam("CreateOpenIDConnectProvider", { Url: issuer.url, ...list });
    return arn;
  }

  /** The first issuer whose tokens may be exchanged; empty when there is none. */
  get issuerUrl(): string {
    return [...this.account.iam.providers.values()][0]?.url ?? "";
  }

  distrustIssuer(url: string): void {
    this.account.iam.providers.delete(this.#providerArn(url));
  }

  /** Makes a managed policy, or gives one that is there another document. */
  policy(name: string, document: unknown): string {
    const arn = `arn:aws:iam::${this.account.id}:policy/${name}`;
    const text = JSON.stringify(document);
    if (this.account.iam.policies.has(arn)) {
      const policy = this.account.iam.policies.get(arn);
      for (const id of [...(policy?.versions.keys() ?? [])])
        if (id !== policy?.defaultVersion) policy?.versions.delete(id);
      this.iam("CreatePolicyVersion", { PolicyArn: arn, PolicyDocument: text, SetAsDefault: "true" });
    } else this.iam("CreatePolicy", { PolicyName: name, PolicyDocument: text });
    return arn;
  }

  /** Makes a role, or replaces the one that is there. */
  role(
    name: string,
    trust: unknown,
    policies: readonly string[] = [],
    inline: Readonly<Record<string, unknown>> = {},
  ): string {
    this.account.iam.roles.delete(name);
    this.iam("CreateRole", { RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) });
    for (const policy of policies)
      this.iam("AttachRolePolicy", {
        RoleName: name,
        PolicyArn: policy.startsWith("arn:") ? policy : `arn:aws:iam::${this.account.id}:policy/${policy}`,
      });
    for (const [policy, document] of Object.entries(inline))
      this.iam("PutRolePolicy", { RoleName: name, PolicyName: policy, PolicyDocument: JSON.stringify(document) });
    return `arn:aws:iam::${this.account.id}:role/${name}`;
  }

  /** The trust policy that lets one ServiceAccount of an issuer take a role. */
  trustFor(issuerUrl: string, subject: string, audience: string = STS_AUDIENCE): Record<string, unknown> {
    const host = issuerUrl.replace("https://", "");
    return {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Federated: this.#providerArn(issuerUrl) },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: { StringEquals: { [`${host}:sub`]: subject, [`${host}:aud`]: audience } },
        },
      ],
    };
  }

  key(region: string, id: string, isEnabled: boolean): string {
    const arn = `arn:aws:kms:${region}:${this.account.id}:key/${id}`;
    this.account.region(region).keys.set(id, { arn, isEnabled });
    return arn;
  }

  /** Makes a secret, or puts another value into one that is there. */
  secret(region: string, name: string, seed: SecretSeed): SecretState {
    const { secrets } = this.account.region(region);
    const { string, binary, versions = [], kmsKeyId, tags = {} } = seed;
    if (!secrets.has(name))
      this.call("secretsmanager", region, "CreateSecret", {
        Name: name,
        ...(kmsKeyId !== undefined && { KmsKeyId: kmsKeyId }),
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      });
    const secret = secrets.get(name) as SecretState;
    if (kmsKeyId !== undefined) secret.kmsKeyId = kmsKeyId;
    const all = [
      ...versions,
      ...(string === undefined && binary === undefined
        ? []
        : [{ ...(string !== undefined && { string }), ...(binary !== undefined && { binary }) }]),
    ];
    for (const version of all as NonNullable<SecretSeed["versions"]>) {
      const id = version.id ?? this.account.random.uuid();
      const made = {
        id,
        ...(version.string !== undefined && { string: version.string }),
        ...(version.binary !== undefined && { binary: Buffer.from(version.binary, "base64") }),
        created: this.account.clock.now(),
        stages: new Set<string>(),
      };
      secret.versions.set(id, made);
      for (const stage of version.stages ?? [CURRENT]) moveStage(secret, stage, made);
    }
    return secret;
  }

  /** Gone at once, as if it had never been. */
  forgetSecret(region: string, name: string): void {
    this.account.region(region).secrets.delete(name);
  }

  /** Puts a version of a parameter. */
  parameter(region: string, name: string, { value, type = "SecureString", keyId, labels = [] }: ParameterSeed): void {
    this.call("ssm", region, "PutParameter", {
      Name: name,
      Value: value,
      Type: type,
      Overwrite: true,
      ...(keyId !== undefined && { KeyId: keyId }),
    });
    if (labels.length > 0) this.call("ssm", region, "LabelParameterVersion", { Name: name, Labels: labels });
  }

  podIdentity(
    name: string,
    issuer: TrustedIssuer,
    associations: readonly { readonly namespace: string; readonly serviceAccount: string; readonly role: string }[],
  ): void {
    this.#cluster = {
      name,
      issuer,
      associations: associations.map(({ namespace, serviceAccount, role }) => ({
        namespace,
        serviceAccount,
        roleArn: role.startsWith("arn:") ? role : `arn:aws:iam::${this.account.id}:role/${role}`,
      })),
    };
  }

  #providerArn(url: string): string {
    return `arn:aws:iam::${this.account.id}:oidc-provider/${url.replace(/\/$/, "").replace("https://", "")}`;
  }
}

/** A refusal of the account's own rules while seeding is the seed's fault. */
export function seedFault(error: unknown): unknown {
  if (!(error instanceof AwsRefusal)) return error;
  return new MountproofError("invalid_argument", {
    message: `the seed for AWS is refused: ${error.code}: ${error.message}`,
    cause: error,
  });
}
