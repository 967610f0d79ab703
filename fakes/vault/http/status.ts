import { isObject, type JsonObject, type JsonValue, numberOf, parseJson } from "../../../core/go/json.ts";
import { type Answer, errorAnswer, JSON_TYPE, NO_CONTENT } from "../core/envelope.ts";
import type { VaultState } from "../core/state.ts";
import { VaultError } from "../framework/errors.ts";
import type { HttpInput } from "./parse.ts";

/** What is answered without a token, sealed or not. Undefined for every other path. */
export async function statusAnswer(state: VaultState, input: HttpInput): Promise<Answer | undefined> {
  const { method } = input;
  const isWrite = method === "PUT" || method === "POST";
  switch (input.path) {
    case "/v1/sys/health":
      return method === "GET" || method === "HEAD" ? health(state, input) : errorAnswer(405, []);
    case "/v1/sys/seal-status":
      return method === "GET" ? sealStatus(state) : errorAnswer(405, []);
    case "/v1/sys/leader":
      return method === "GET" ? leader(state) : errorAnswer(405, []);
    case "/v1/sys/init":
      if (method === "GET") return json({ initialized: state.seal.isInitialized });
      return isWrite ? await initialize(state, input) : errorAnswer(405, []);
    case "/v1/sys/unseal":
      return isWrite ? await unseal(state, input) : errorAnswer(405, []);
    default:
      return undefined;
  }
}

/** Fields in the order of Vault's own structures, which is not the alphabet's. */
function json(value: JsonObject, status = 200): Answer {
  return { status, contentType: JSON_TYPE, body: `${JSON.stringify(value)}\n` };
}

function health(state: VaultState, { method, query }: HttpInput): Answer {
  const { seal, dialect, clock } = state;
  const code = (name: string, otherwise: number): number => {
    const raw = query.get(name);
    if (raw === null) return otherwise;
    if (!/^\d+$/.test(raw)) throw new VaultError(400, []);
    return Number(raw);
  };
  let status: number;
  try {
    const active = code("activecode", 200);
    const standby = isTrue(query, "standbyok") ? active : code("standbycode", 429);
    const performance = isTrue(query, "perfstandbyok") ? active : code("performancestandbycode", 473);
    const recovery = code("drsecondarycode", 472);
    const sealed = code("sealedcode", 503);
    const uninitialized = code("uninitcode", 501);
    const byMode = { active, standby, "performance-standby": performance, "dr-secondary": recovery };
    status = !seal.isInitialized ? uninitialized : seal.isSealed ? sealed : byMode[seal.mode.kind];
  } catch (error) {
    if (error instanceof VaultError) return errorAnswer(error.status, error.errors);
    throw error;
  }
  if (method === "HEAD") return { status, contentType: JSON_TYPE, body: "" };
  const { kind } = seal.mode;
  const isUp = seal.isInitialized && !seal.isSealed;
  return json(
    {
      initialized: seal.isInitialized,
      sealed: seal.isSealed,
      standby: !isUp || kind === "standby" || kind === "performance-standby",
      performance_standby: isUp && kind === "performance-standby",
      replication_performance_mode: isUp ? "disabled" : "unknown",
      replication_dr_mode: isUp ? (kind === "dr-secondary" ? "secondary" : "disabled") : "unknown",
      server_time_utc: Math.floor(clock.now() / 1000),
      version: dialect.version,
      ...(dialect.hasHealthExtras ? { enterprise: false } : {}),
      ...(isUp ? { cluster_name: seal.clusterName, cluster_id: seal.clusterId } : {}),
      ...(dialect.hasHealthExtras
        ? { echo_duration_ms: 0, clock_skew_ms: 0, replication_primary_canary_age_ms: 0 }
        : {}),
    },
    status,
  );
}

function isTrue(query: URLSearchParams, name: string): boolean {
  return query.has(name) && query.get(name) !== "false";
}

function sealStatus(state: VaultState): Answer {
  const { seal, dialect } = state;
  return json({
    type: "shamir",
    initialized: seal.isInitialized,
    sealed: seal.isSealed,
    t: seal.isInitialized ? seal.threshold : 0,
    n: seal.isInitialized ? seal.shares : 0,
    progress: seal.progress,
    nonce: seal.nonce,
    version: dialect.version,
    build_date: dialect.buildDate,
    migration: false,
    ...(seal.isSealed ? {} : { cluster_name: seal.clusterName, cluster_id: seal.clusterId }),
    recovery_seal: false,
    storage_type: "inmem",
  });
}

function leader({ dialect, seal }: VaultState): Answer {
  const { mode } = seal;
  // Asked first is whether there are others at all: who runs alone answers sealed, too.
  if (seal.isSealed && mode.kind !== "active") return errorAnswer(503, ["Vault is sealed"]);
  const address = "leader" in mode ? (mode.leader ?? "") : "";
  return json({
    ha_enabled: mode.kind !== "active",
    // Who runs alone leads nobody.
    is_self: false,
    active_time: "0001-01-01T00:00:00Z",
    leader_address: address,
    leader_cluster_address: "",
    ...(dialect.hasPerformanceStandbys && {
      performance_standby: mode.kind === "performance-standby",
      performance_standby_last_remote_wal: 0,
    }),
  });
}

async function initialize(state: VaultState, input: HttpInput): Promise<Answer> {
  return await refusable(async () => {
    const body = await readBody(input);
    const shares = numberOf(body["secret_shares"]) ?? 0;
    const threshold = numberOf(body["secret_threshold"]) ?? 0;
    const keys = state.seal.initialize(shares, threshold);
    const root = state.tokens.create({
      policies: ["root"],
      path: "auth/token/root",
      namespace: state.namespaces.root,
      displayName: "root",
      ttl: 0,
    });
    return json({
      keys: [...keys],
      keys_base64: keys.map((key) => Buffer.from(key, "hex").toString("base64")),
      root_token: root.id,
    });
  });
}

async function unseal(state: VaultState, input: HttpInput): Promise<Answer> {
  return await refusable(async () => {
    const body = await readBody(input);
    if (!state.seal.isInitialized) return errorAnswer(400, ["server is not yet initialized"]);
    const key: JsonValue | undefined = body["key"];
    if (body["reset"] === true) state.seal.resetProgress();
    else if (typeof key !== "string" || key === "")
      return errorAnswer(400, ["'key' must be specified in request body as JSON, or 'reset' set to true"]);
    else state.seal.unsealWith(key);
    return sealStatus(state);
  });
}

async function refusable(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof VaultError) return errorAnswer(error.status, error.errors);
    throw error;
  }
}

async function readBody(input: HttpInput): Promise<JsonObject> {
  const text = (await input.body()).toString("utf8");
  if (text.trim() === "") return {};
  try {
    const value = parseJson(text);
    if (isObject(value)) return value;
  } catch {
    // Answered below.
  }
  throw new VaultError(400, ["failed to parse JSON input"]);
}

/** What a node that is not active answers in place of serving; undefined where it serves. */
export function elsewhere(state: VaultState, input: HttpInput, rawTarget: string): Answer | undefined {
  const { mode } = state.seal;
  if (mode.kind === "active" || state.seal.isSealed) return undefined;
  if (mode.kind === "dr-secondary") return errorAnswer(400, ["path disabled in replication DR secondary mode"]);
  const isRead = input.method === "GET" || input.method === "LIST" || input.method === "HEAD";
  if (mode.kind === "performance-standby" && isRead) return undefined;
  if (mode.leader === undefined) return errorAnswer(503, ["no active Vault instance found"]);
  return { ...NO_CONTENT, status: 307, headers: { Location: mode.leader.replace(/\/$/, "") + rawTarget } };
}
