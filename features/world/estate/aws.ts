import { dirname, join } from "node:path";
import { type AwsAccount, FakeAws, openRemoteAws } from "../../../fakes/aws/index.ts";
import { processDialer } from "../../../net/index.ts";
import {
  AWS_PROVIDER_NAMESPACE,
  AWS_PROVIDER_SERVICE_ACCOUNT,
  AwsProvider,
  awsProviderDaemonSet,
  awsProviderManifests,
} from "../../../providers/aws/index.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { runAwsScript } from "./aws-cli.ts";
import { cloudOf } from "./clouds.ts";
import { type EstateFacet, estate } from "./index.ts";
import { leaveAlone, ownStoreOf, setUpOwnStore } from "./own-store.ts";

const REGION = "us-east-1";
/** The account that the example's role is of. */
const ACCOUNT_ID = "111122223333";
const AGENT_ADDRESSES = ["169.254.170.23", "fd00:ec2::23"];

/** AWS at its own host names, set up by the guide, and the AWS provider on every node. */
export class AwsEstateFacet {
  readonly #world: MountproofWorld;
  readonly #estate: EstateFacet;
  #aws: AwsAccount | undefined;
  readonly secrets: { readonly password: string; readonly key: string };
  /** The password after it changed. */
  changed = "";

  constructor(world: MountproofWorld) {
    this.#world = world;
    this.#estate = world.use(estate);
    this.secrets = { password: world.canaries.create("db-password"), key: world.canaries.create("api-key") };
  }

  get aws(): AwsAccount {
    if (ownStoreOf(this.#world, "aws") !== undefined) leaveAlone(this.#world, "aws");
    if (this.#aws === undefined) throw new Error("no AWS account stands in this scenario");
    return this.#aws;
  }

  async install(): Promise<void> {
    const { clock, journal, pass, run, scope } = this.#world;
    const { issuer } = await this.#estate.cluster();
    if (ownStoreOf(this.#world, "aws") !== undefined) return;
    const control = cloudOf(this.#world, "aws");
    if (control !== undefined) {
      this.#aws = scope.use(await openRemoteAws(control, ACCOUNT_ID, run.clock, processDialer(process.env)));
      return;
    }
    const dialer = await this.#estate.dialer();
    const aws = scope.use(
      await new FakeAws({ clock, journal, random: pass.random, dialer, issuerCaPem: issuer.caPem }).start(),
    );
    this.#aws = aws;
    const tls = await this.#estate.certificateFor([`*.${REGION}.amazonaws.com`]);
    const { host, port } = scope.use(await aws.listenToo({ tls }));
    this.#estate.route(`*.${REGION}.amazonaws.com`, { host, port });
    for (const address of AGENT_ADDRESSES) this.#estate.route(address, { host: aws.host, port: aws.port });
  }

  async runSetup(path: string): Promise<void> {
    const { issuer } = await this.#estate.cluster();
    const values = {
      OIDC_PROVIDER: issuer.url.replace("https://", ""),
      DB_PASSWORD: this.secrets.password,
      API_KEY: this.secrets.key,
    };
    const own = ownStoreOf(this.#world, "aws");
    if (own !== undefined)
      return await setUpOwnStore(this.#world, "aws", own, {
        ...values,
        NAMESPACE: this.#estate.namespaceOf("production"),
      });
    const variables = { ...values, ACCOUNT_ID: this.aws.accountId };
    const read = (name: string): Promise<string> => this.#estate.example(join(dirname(path), name));
    await runAwsScript(await this.#estate.example(path), this.aws.admin, variables, read);
    await this.aws.settled();
  }

  /** Gives the guide's policy another document. */
  async usePolicy(path: string): Promise<void> {
    this.aws.admin.policy("SecretsManagerReadPolicy", JSON.parse(await this.#estate.example(path)));
    await this.aws.settled();
  }

  async installProvider(): Promise<void> {
    const dialer = await this.#estate.dialer();
    const caPem = await this.#estate.trustedCaPem();
    await this.#estate.installProvider({
      name: "aws",
      namespace: AWS_PROVIDER_NAMESPACE,
      serviceAccount: AWS_PROVIDER_SERVICE_ACCOUNT,
      manifests: awsProviderManifests(),
      daemonSet: awsProviderDaemonSet(),
      provider: (parts) => new AwsProvider({ ...parts, dialer, caPem, random: this.#world.pass.random }),
    });
  }
}

export const awsEstate: Facet<AwsEstateFacet> = (world) => new AwsEstateFacet(world);
