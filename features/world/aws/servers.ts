import type { AwsHandle } from "../../../fakes/aws/index.ts";
import type { IssuedCertificate, Route } from "../../../net/index.ts";
import type { MountproofWorld } from "../../world.ts";
import { runAuthority } from "../api.ts";

const AGENT_ADDRESSES = ["169.254.170.23", "fd00:ec2::23"];
/** Those that scenarios use. */
export const REGIONS = ["us-west-2", "us-east-1", "eu-west-1"];

/** What stands at AWS's host names and at the agent's addresses. */
export class AwsServers {
  readonly #world: MountproofWorld;
  readonly #aws: () => AwsHandle;
  #tls: Route | undefined;

  constructor(world: MountproofWorld, aws: () => AwsHandle) {
    this.#world = world;
    this.#aws = aws;
  }

  /** AWS's names lead to TLS, the agent's addresses to plain HTTP. */
  async route(host: string): Promise<Route | undefined> {
    const { host: address, port } = this.#aws();
    if (AGENT_ADDRESSES.includes(host)) return { host: address, port };
    if (!host.endsWith(".amazonaws.com")) return undefined;
    if (this.#tls === undefined) await this.restore();
    return this.#tls;
  }

  /** Another certificate is shown at AWS's names from now on. */
  async replace(tls: IssuedCertificate): Promise<void> {
    this.#tls = this.#world.scope.use(await this.#aws().listenToo({ tls }));
  }

  async restore(): Promise<void> {
    await this.replace(await this.#certificate());
  }

  /** Nobody listens at AWS's names. */
  goDown(): void {
    this.#tls = { host: "127.0.0.1", port: 1 };
  }

  /** For the host names of every region that scenarios use. */
  async #certificate(): Promise<IssuedCertificate> {
    const authority = await runAuthority(this.#world);
    const dnsNames = REGIONS.map((region) => `*.${region}.amazonaws.com`);
    return await this.#world.run.once("certificate of AWS", () => authority.issue({ commonName: "aws", dnsNames }));
  }
}
