import { dirname, join } from "node:path";
import { FakeAws, type RunningFakeAws } from "../../../fakes/aws/index.ts";
import {
  AWS_PROVIDER_NAMESPACE,
  AWS_PROVIDER_SERVICE_ACCOUNT,
  AwsProvider,
  awsProviderManifests,
} from "../../../providers/aws/index.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { runAwsScript } from "./aws-cli.ts";
import { type EstateFacet, estate } from "./index.ts";

const REGION = "us-east-1";
const AGENT_ADDRESSES = ["169.254.170.23", "fd00:ec2::23"];

/** AWS at its own host names, set up by the guide, and the AWS provider on every node. */
export class AwsEstateFacet {
  readonly #world: MountproofWorld;
  readonly #estate: EstateFacet;
  #aws: RunningFakeAws | undefined;
  readonly secrets: { readonly password: string; readonly key: string };
  /** The password after it changed. */
  changed = "";

  constructor(world: MountproofWorld) {
    this.#world = world;
    this.#estate = world.use(estate);
    this.secrets = { password: world.canaries.create("db-password"), key: world.canaries.create("api-key") };
  }

  get aws(): RunningFakeAws {
    if (this.#aws === undefined) throw new Error("no AWS account stands in this scenario");
    return this.#aws;
  }

  async install(): Promise<void> {
    const { clock, journal, pass, scope } = this.#world;
    const { issuer } = await this.#estate.cluster();
    const dialer = await this.#estate.dialer();
    const aws = new FakeAws({ clock, journal, random: pass.random, dialer, issuerCaPem: issuer.caPem });
    this.#aws = scope.use(await aws.start());
    const tls = await this.#estate.certificateFor([`*.${REGION}.amazonaws.com`]);
    const { host, port } = scope.use(await this.aws.listenToo({ tls }));
    this.#estate.route(`*.${REGION}.amazonaws.com`, { host, port });
    for (const address of AGENT_ADDRESSES) this.#estate.route(address, { host: this.aws.host, port: this.aws.port });
  }

  async runSetup(path: string): Promise<void> {
    const { issuer } = await this.#estate.cluster();
    const variables = {
      ACCOUNT_ID: this.aws.accountId,
      OIDC_PROVIDER: issuer.url.replace("https://", ""),
      DB_PASSWORD: this.secrets.password,
      API_KEY: this.secrets.key,
    };
    const read = (name: string): Promise<string> => this.#estate.example(join(dirname(path), name));
    await runAwsScript(await this.#estate.example(path), this.aws.admin, variables, read);
  }

  /** Gives the guide's policy another document. */
  async usePolicy(path: string): Promise<void> {
    this.aws.admin.policy("SecretsManagerReadPolicy", JSON.parse(await this.#estate.example(path)));
  }

  async installProvider(): Promise<void> {
    const dialer = await this.#estate.dialer();
    const caPem = await this.#estate.trustedCaPem();
    await this.#estate.installProvider({
      name: "aws",
      namespace: AWS_PROVIDER_NAMESPACE,
      serviceAccount: AWS_PROVIDER_SERVICE_ACCOUNT,
      manifests: awsProviderManifests(),
      provider: (parts) => new AwsProvider({ ...parts, dialer, caPem, random: this.#world.pass.random }),
    });
  }
}

export const awsEstate: Facet<AwsEstateFacet> = (world) => new AwsEstateFacet(world);
