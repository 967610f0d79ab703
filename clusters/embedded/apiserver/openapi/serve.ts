import type { HttpExchange } from "../../../../net/index.ts";
import type { Schema } from "../crd/types.ts";
import type { Kind } from "../kinds/kind.ts";
import type { ServerContext } from "../server-context.ts";
import { methodNotAllowed } from "../store/refusals.ts";
import { documentKey, groupDocument, hashOf } from "./documents.ts";
import { SwaggerAnswer } from "./v2/serve.ts";
import { type GroupDocument, swaggerOf } from "./v2/swagger.ts";

const ROOT = "/openapi/v3";
const V2 = "/openapi/v2";

/**
 * Answers `/openapi/v3`, the documents below it and `/openapi/v2`; false for any other path. Documents are made when they are asked
 * for and kept until the kinds that are served change. `/openapi/v2` is one document made of all of these.
 */
export function openApiServer(
  server: ServerContext,
  schemaOf: (kind: Kind) => Schema | undefined,
): (exchange: HttpExchange) => Promise<boolean> {
  const { registry, kubeVersion } = server;
  let known: { readonly revision: number; readonly groups: ReadonlyMap<string, Group> } | undefined;
  const groupsNow = (): ReadonlyMap<string, Group> => {
    if (known?.revision === registry.revision) return known.groups;
    const byKey = [...Map.groupBy(typedKinds(registry.all()), documentKey)].sort(([a], [b]) => (a < b ? -1 : 1));
    const groups = new Map(
      byKey.map(([key, kinds]) => {
        const schemas = kinds.map((kind) => schemaOf(kind) ?? null);
        return [key, { kinds, hash: hashOf(JSON.stringify([kubeVersion, kinds, schemas])) }];
      }),
    );
    known = { revision: registry.revision, groups };
    return groups;
  };
  const documentOf = async (group: Group): Promise<object> =>
    groupDocument({
      registry,
      types: await server.types.builtIn(),
      schemaOf,
      kinds: group.kinds,
      gitVersion: `v${kubeVersion}.0`,
    });
  const texts = new WeakMap<Group, string>();
  const textOf = async (group: Group): Promise<string> => {
    let text = texts.get(group);
    if (text === undefined) {
      text = JSON.stringify(await documentOf(group));
      texts.set(group, text);
    }
    return text;
  };
  let swagger: { readonly of: ReadonlyMap<string, Group>; readonly answer: SwaggerAnswer } | undefined;
  const swaggerNow = async (): Promise<SwaggerAnswer> => {
    const groups = groupsNow();
    if (swagger?.of === groups) return swagger.answer;
    const documents = await Promise.all([...groups.values()].map(documentOf));
    const types = await server.types.builtIn();
    const isCustom = (name: string): boolean => types.openApi(name) === undefined;
    const answer = new SwaggerAnswer(swaggerOf(documents as GroupDocument[], isCustom));
    swagger = { of: groups, answer };
    return answer;
  };
  return async (exchange) => {
    if (exchange.path === V2) {
      if (exchange.method !== "GET" && exchange.method !== "HEAD") throw methodNotAllowed();
      (await swaggerNow()).send(exchange);
      return true;
    }
    if (exchange.path !== ROOT && !exchange.path.startsWith(`${ROOT}/`)) return false;
    if (exchange.method !== "GET" && exchange.method !== "HEAD") throw methodNotAllowed();
    const groups = groupsNow();
    const key = exchange.path.slice(ROOT.length + 1);
    if (key === "") {
      const paths = [...groups].map(([name, { hash }]) => [
        name,
        { serverRelativeURL: `${ROOT}/${name}?hash=${hash}` },
      ]);
      exchange.json(200, { paths: Object.fromEntries(paths) });
      return true;
    }
    const group = groups.get(key);
    if (group === undefined) return false;
    const etag = `"${group.hash}"`;
    if (exchange.headers["if-none-match"] === etag) exchange.respond(304, { etag });
    else exchange.respond(200, { "content-type": "application/json", etag }, await textOf(group));
    return true;
  };
}

/** Kinds that are only told of have no types to describe. */
function typedKinds(kinds: readonly Kind[]): Kind[] {
  return kinds.filter(({ isAnnounced }) => isAnnounced !== true);
}

type Group = { readonly kinds: readonly Kind[]; readonly hash: string };
