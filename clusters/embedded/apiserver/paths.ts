import type { HttpExchange } from "../../../net/index.ts";
import { jwks, openIdConfiguration } from "./auth/oidc.ts";
import type { Authority } from "./authority.ts";
import { inLines } from "./read/answer-forms.ts";
import type { KubeVersion, ServerContext } from "./server-context.ts";

const HEALTH = new Set(["/healthz", "/livez", "/readyz"]);
const ISSUER_PATHS = new Set(["/.well-known/openid-configuration", "/openid/v1/jwks"]);

/** What anybody may read; the issuer's documents where they are open. */
export function isPublicPath(path: string, isIssuerPublic: boolean): boolean {
  return HEALTH.has(path) || path === "/version" || (isIssuerPublic && ISSUER_PATHS.has(path));
}

/** The patch releases whose behaviour was looked at. */
function gitVersionOf(kubeVersion: KubeVersion): string {
  return kubeVersion === "1.34" ? "v1.34.4" : `v${kubeVersion}.0`;
}

/** Serves what is no resource: health, the version, the issuer's two documents. */
export function servePaths(
  { extensions, kubeVersion }: ServerContext,
  authority: Authority,
  issuer: string,
  url: string,
): void {
  const { paths } = extensions;
  for (const path of HEALTH)
    paths.set(path, ({ exchange }) => exchange.respond(200, { "content-type": "text/plain; charset=utf-8" }, "ok"));
  const [major = "1", minor = "34"] = kubeVersion.split(".");
  paths.set("/version", ({ exchange }) =>
    respondInLines(exchange, {
      major,
      minor,
      emulationMajor: major,
      emulationMinor: minor,
      minCompatibilityMajor: major,
      minCompatibilityMinor: String(Number(minor) - 1),
      gitVersion: gitVersionOf(kubeVersion),
      gitCommit: "",
      gitTreeState: "clean",
      buildDate: "1970-01-01T00:00:00Z",
      goVersion: "none",
      compiler: "mountproof",
      platform: "linux/amd64",
    }),
  );
  paths.set("/.well-known/openid-configuration", ({ exchange }) =>
    exchange.json(200, openIdConfiguration(issuer, `${issuer === url ? url : issuer}/openid/v1/jwks`)),
  );
  paths.set("/openid/v1/jwks", async ({ exchange }) =>
    exchange.json(200, jwks(await authority.keys.published()), { "content-type": "application/jwk-set+json" }),
  );
}

/** As a real server answers where it has one form alone. */
function respondInLines(exchange: HttpExchange, value: unknown): void {
  exchange.respond(200, { "content-type": "application/json" }, inLines(value));
}
