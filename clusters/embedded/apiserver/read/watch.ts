import { WATCH_HEADER } from "../../../../kube/create-client.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { PROTOBUF_CONTENT_TYPE } from "../../../../wire/kubeproto/index.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";
import { tableOf } from "../kinds/registry.ts";
import type { ApiRequest } from "../pipeline.ts";
import { isTrue } from "../requests/info.ts";
import { present, type ServerContext } from "../server-context.ts";
import type { Change } from "../store/change.ts";
import { versionTooLarge } from "../store/refusals.ts";
import { plainFailure } from "../validation/field-error.ts";
import { negotiate } from "./negotiate.ts";
import { codecFor, includeObject, parseInteger, readVersion, warningHeaders } from "./read.ts";
import { type Matcher, selection, triggerOf } from "./selectors.ts";
import { partial, tableOfObjects } from "./table.ts";

/** A watch without timeoutSeconds ends after 30 to 60 minutes, so that clients spread over servers. */
const LONGEST_MS = 30 * 60_000;
/** About one bookmark a minute. */
const BOOKMARK_MS = 60_000;
/** What a reader may fall behind before it is cut off, as the real watch cache does. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

/** Serves a watch until the client leaves or its time is over. */
export function watchObjects(server: ServerContext, request: ApiRequest, kind: Kind): void {
  const { exchange, info } = request;
  const { query } = exchange;
  const codec = codecFor(server, { apiVersion: apiVersionOf(kind), kind: kind.kind });
  const form = negotiate(exchange.headers.accept, codec !== undefined, true);
  const seconds = parseInteger(query.get("timeoutSeconds"));
  const matches = scoped(kind, info.namespace, selection(kind, query.get("labelSelector"), query.get("fieldSelector")));
  const version = readVersion(query.get("resourceVersion"), plainFailure);
  if (version !== undefined && version > server.store.version) throw versionTooLarge(version, server.store.version);
  const wantsInitial = query.get("sendInitialEvents") === null ? undefined : isTrue(query.get("sendInitialEvents"));
  const wantsBookmarks = isTrue(query.get("allowWatchBookmarks"));
  const header = exchange.headers[WATCH_HEADER];
  const channel = typeof header === "string" ? server.clock.activity.channel(header) : undefined;
  const include = form === "table" ? includeObject(request) : "None";

  const from = version ?? server.store.version;
  const initial = (wantsInitial ?? version === undefined) ? server.store.list(tableOf(kind)).filter(matches) : [];
  const pending: (string | Buffer)[] = [];
  let isFirst = true;
  const encode = (type: string, object: KubeObject): string | Buffer => {
    const shown = present(kind, object);
    if (form === "object") return server.store.eventLine(type, shown);
    if (form === "protobuf" && codec !== undefined)
      return server.store.eventFrame(type, shown, () => codec.encodeEvent(type, shown));
    const body =
      form === "partial"
        ? partial(shown)
        : tableOfObjects(kind, [shown], {
            now: server.clock.now(),
            include,
            headers: isFirst,
            metadata: { resourceVersion: shown.metadata.resourceVersion },
          });
    isFirst = false;
    return `${JSON.stringify({ type, object: body })}\n`;
  };
  let send = (line: string | Buffer): void => void pending.push(line);
  const emit = (type: string, object: KubeObject): void => {
    channel?.sent();
    send(encode(type, object));
  };
  const bookmark = (annotations?: Record<string, string>): void => {
    const metadata = {
      resourceVersion: String(server.store.version),
      creationTimestamp: null,
      ...(annotations !== undefined && { annotations }),
    };
    const object = { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata };
    send(
      form === "protobuf" && codec !== undefined
        ? codec.encodeEvent("BOOKMARK", object)
        : `${JSON.stringify({ type: "BOOKMARK", object })}\n`,
    );
  };
  for (const object of initial) emit("ADDED", object);
  if (wantsInitial === true) bookmark({ [INITIAL_EVENTS_END]: "true" });
  // With initial events the state of now is the start; a past version plays back what came after it.
  const start = wantsInitial === true || version === undefined ? server.store.version : from;
  const following = server.store.follow(
    tableOf(kind),
    start,
    (change) => {
      const event = eventOf(change, matches);
      if (event !== undefined) emit(event.type, event.object);
    },
    triggerOf(kind, info.namespace, query.get("fieldSelector")),
  );

  const writer = exchange.stream(200, {
    "content-type": form === "protobuf" ? `${PROTOBUF_CONTENT_TYPE};stream=watch` : "application/json",
    ...warningHeaders(request.warnings),
  });
  const finish = (): void => {
    following[Symbol.dispose]();
    timeout.cancel();
    bookmarks?.cancel();
  };
  send = (line) => {
    writer.write(line);
    if (exchange.raw.response.writableLength > MAX_BUFFERED_BYTES) {
      finish();
      exchange.reset();
    }
  };
  for (const line of pending) send(line);
  const timeout = server.clock.timer(
    seconds > 0 ? seconds * 1000 : LONGEST_MS + server.random.next() * LONGEST_MS,
    () => {
      finish();
      // The end is news, too: the reader has it behind it when its channel closes.
      channel?.sent();
      writer.end();
    },
    { ref: false },
  );
  const arm = (): ReturnType<typeof server.clock.timer> =>
    server.clock.timer(
      BOOKMARK_MS,
      () => {
        bookmark();
        bookmarks = arm();
      },
      { ref: false },
    );
  // In virtual time a reader of this process needs no bookmarks: its cache is never behind when the clock moves.
  let bookmarks = wantsBookmarks && channel === undefined ? arm() : undefined;
  exchange.raw.response.once("close", finish);
}

/** How a change looks to a reader with a selector: what enters is ADDED, what leaves DELETED in its last matching state. */
function eventOf(change: Change, matches: Matcher): { readonly type: string; readonly object: KubeObject } | undefined {
  const { type, object, previous } = change;
  const did = previous !== undefined && matches(previous);
  if (type === "DELETED") return did ? { type, object } : undefined;
  const does = matches(object);
  if (does) return { type: did ? "MODIFIED" : "ADDED", object };
  if (!did || previous === undefined) return undefined;
  return {
    type: "DELETED",
    object: { ...previous, metadata: { ...previous.metadata, resourceVersion: object.metadata.resourceVersion ?? "" } },
  };
}

function scoped(kind: Kind, namespace: string, matches: Matcher | undefined): Matcher {
  const inScope: Matcher | undefined =
    kind.namespaced && namespace !== "" ? ({ metadata }) => metadata.namespace === namespace : undefined;
  if (inScope === undefined) return matches ?? (() => true);
  return matches === undefined ? inScope : (object) => inScope(object) && matches(object);
}
