import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDuration } from "../../core/go/duration.ts";
import type { FlagTable } from "../../core/go/flags.ts";
import { isMountproofError, MountproofError } from "../../core/index.ts";
import { type KubeConfig, loadKubeConfig } from "../../kube/index.ts";
import { processDialer } from "../../net/index.ts";
import { COMMON_FLAGS, runProvider } from "../kit/index.ts";
import { AwsProvider } from "./provider.ts";
import { DEFAULTS } from "./spec.ts";

const VOLUME = "/var/run/secrets-store-csi-providers";
/** As klog's Fatal leaves. */
const FATAL_EXIT = 255;
const UNUSUAL_TIMEOUT_MS = 30_000;
const text = (usage: string, initial = "") => ({ kind: "string", initial, usage }) as const;

/** The real provider's flags by their names and defaults, then this project's own. */
export const AWS_FLAGS = {
  ...COMMON_FLAGS,
  "provider-volume": text("folder for the socket aws.sock", VOLUME),
  "driver-writes-secrets": {
    kind: "boolean",
    initial: "false",
    usage: "let the driver write the files; hardened does so unless told otherwise",
  },
  qps: { kind: "integer", initial: String(DEFAULTS.qps), usage: "reads a second at the API server" },
  burst: { kind: "integer", initial: String(DEFAULTS.burst), usage: "reads at once at the API server" },
  "eks-addon-version": text("shows in the User-Agent"),
  "pod-identity-http-timeout": text("Go duration for a request to the Pod Identity agent"),
  endpoint: text("path of the socket to serve on; aws.sock in the provider volume when left out"),
  kubeconfig: text("file to reach the API server with; in a pod its own account"),
} as const satisfies FlagTable;

/** `mountproof provider aws` */
export async function runAwsProvider(argv: readonly string[]): Promise<number> {
  const given = (name: string): string | undefined => {
    const at = argv.findIndex((word) => new RegExp(`^--?${name}(=|$)`).test(word));
    const word = argv[at] ?? "";
    return at < 0 ? undefined : word.includes("=") ? word.slice(word.indexOf("=") + 1) : (argv[at + 1] ?? "");
  };
  let kubeConfig: KubeConfig;
  if (given("help") === undefined)
    try {
      kubeConfig = await loadKubeConfig(given("kubeconfig") ?? "", process.env, "aws-provider");
    } catch (error) {
      if (!isMountproofError(error)) throw error;
      process.stderr.write(`Can not get cluster config. error: ${error.describe()}\n`);
      return FATAL_EXIT;
    }
  const socket = given("endpoint") ?? join(given("provider-volume") ?? VOLUME, "aws.sock");
  return await runProvider("aws", [...argv, `--endpoint=${socket}`], AWS_FLAGS, async (flags, { clock, log }) => {
    const { behaviour } = flags;
    if (behaviour !== "hardened" && behaviour !== "upstream")
      throw new MountproofError("invalid_argument", {
        message: `no behaviour is named "${behaviour}"`,
        hint: "there are: hardened, upstream",
        culprit: { flag: "--behaviour" },
      });
    const timeoutMs = agentTimeout(flags["pod-identity-http-timeout"], (why) => log.warn(why, {}));
    const caFile = process.env["SSL_CERT_FILE"];
    return new AwsProvider({
      clock,
      log,
      behaviour,
      kubeConfig,
      dialer: processDialer(process.env),
      ...(caFile !== undefined && caFile !== "" && { caPem: readFileSync(caFile, "utf8") }),
      ...(given("driver-writes-secrets") !== undefined && { driverWritesSecrets: flags["driver-writes-secrets"] }),
      qps: flags.qps,
      burst: flags.burst,
      eksAddonVersion: flags["eks-addon-version"],
      ...(timeoutMs !== undefined && { podIdentityHttpTimeoutMs: timeoutMs }),
      environment: Object.fromEntries(
        Object.entries(process.env).flatMap(([name, value]) =>
          name.startsWith("AWS_") && value !== undefined ? [[name, value]] : [],
        ),
      ),
    });
  });
}

/** One that is no duration, or none that can pass, is left out with a warning. */
function agentTimeout(given: string, warn: (why: string) => void): number | undefined {
  if (given === "") return undefined;
  const ms = parseDuration(given);
  if (ms === undefined) {
    warn(`failed to parse podIdentityHttpTimeout value '${given}', using default SDK value`);
    return undefined;
  }
  if (ms <= 0) {
    warn(`podIdentityHttpTimeout must be positive, got: ${given}, using default SDK value`);
    return undefined;
  }
  if (ms > UNUSUAL_TIMEOUT_MS)
    warn(`podIdentityHttpTimeout value ${given} is unusually high, consider using a smaller value`);
  return ms;
}
