import type { HttpExchange } from "../../../net/index.ts";

/** What a machine of Google's knows of itself; what is left out is not there. */
export type MachineMetadata = {
  readonly projectId?: string;
  readonly numericProjectId?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly zone?: string;
  /** Whose tokens it gives; none without. */
  readonly serviceAccount?: string;
};

const ROOT = "/computeMetadata/v1/";
const FLAVOR = { "metadata-flavor": "Google", server: "Metadata Server for VM" };
const TOKEN_S = 3599;

/**
 * The metadata server.
 * @param token gives an access token of the machine's service account
 * @returns false for a path that is none of its
 */
export function answerMetadata(
  exchange: HttpExchange,
  machine: MachineMetadata,
  token: (seconds: number) => string,
): boolean {
  const { path } = exchange;
  const isRoot =
    path === "/" &&
    (exchange.headers["metadata-flavor"] !== undefined || /^(metadata|169\.254)/.test(exchange.headers.host ?? ""));
  if (!isRoot && !path.startsWith("/computeMetadata/")) return false;
  if (isRoot) {
    exchange.respond(200, { ...FLAVOR, "content-type": "application/text" }, "0.1/\ncomputeMetadata/\n");
    return true;
  }
  if (exchange.headers["metadata-flavor"] !== "Google" || exchange.headers["x-forwarded-for"] !== undefined) {
    exchange.respond(403, FLAVOR, "Missing Metadata-Flavor:Google header.");
    return true;
  }
  const value = path.startsWith(ROOT) ? entryOf(path.slice(ROOT.length), machine, token) : undefined;
  if (value === undefined)
    exchange.respond(404, { ...FLAVOR, "content-type": "text/html; charset=UTF-8" }, "<p><b>404.</b>\n");
  else if (typeof value === "string") exchange.respond(200, { ...FLAVOR, "content-type": "application/text" }, value);
  else exchange.respond(200, { ...FLAVOR, "content-type": "application/json" }, JSON.stringify(value));
  return true;
}

function entryOf(
  path: string,
  machine: MachineMetadata,
  token: (seconds: number) => string,
): string | object | undefined {
  const attribute = /^instance\/attributes\/(.+)$/.exec(path)?.[1];
  if (attribute !== undefined) return machine.attributes[attribute];
  const account = /^instance\/service-accounts\/([^/]+)\/(.+)$/.exec(path);
  if (account !== null) {
    const { serviceAccount } = machine;
    if (serviceAccount === undefined || (account[1] !== "default" && account[1] !== serviceAccount)) return undefined;
    if (account[2] === "email") return serviceAccount;
    if (account[2] === "scopes") return "https://www.googleapis.com/auth/cloud-platform\n";
    if (account[2] === "token") return { access_token: token(TOKEN_S), expires_in: TOKEN_S, token_type: "Bearer" };
    return undefined;
  }
  if (path === "project/project-id") return machine.projectId;
  if (path === "project/numeric-project-id") return machine.numericProjectId;
  if (path === "instance/zone") return machine.zone;
  return undefined;
}
