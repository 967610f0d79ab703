import type { HttpExchange } from "../../../../../net/index.ts";
import { hashOf } from "../documents.ts";
import { encodeSwagger } from "./gnostic.ts";
import type { Swagger } from "./swagger.ts";

const JSON_TYPE = "application/json";
const PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/** The older name, not a valid media type, which clients still ask by. */
const OLD_PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

/** One Swagger document in both its forms, each made when it is first asked for. */
export class SwaggerAnswer {
  readonly #document: Swagger;
  #json: string | undefined;
  #protobuf: Uint8Array | undefined;
  #etag: string | undefined;

  constructor(document: Swagger) {
    this.#document = document;
  }

  /** Answers by Accept: 200, 304 for who knows the document, 406 without a body (k8s.io/kube-openapi, handler). */
  send(exchange: HttpExchange): void {
    const type = typeFor(exchange.headers.accept);
    this.#json ??= JSON.stringify(this.#document);
    this.#etag ??= `"${hashOf(this.#json)}"`;
    const headers = { etag: this.#etag, vary: "Accept" };
    if (type === undefined) exchange.respond(406);
    else if (exchange.headers["if-none-match"] === this.#etag) exchange.respond(304, headers);
    else exchange.respond(200, { ...headers, "content-type": type }, this.#bodyOf(type, this.#json));
  }

  #bodyOf(type: string, json: string): string | Uint8Array {
    if (type === JSON_TYPE) return json;
    this.#protobuf ??= encodeSwagger(this.#document);
    return this.#protobuf;
  }
}

/** The first of the client's wishes that can be met. */
function typeFor(accept = "*/*"): string | undefined {
  for (const part of accept.split(",")) {
    const type = part.split(";")[0]?.trim();
    if (type === PROTOBUF || type === OLD_PROTOBUF) return PROTOBUF;
    if (type === JSON_TYPE || type === "*/*" || type === "application/*" || type === "") return JSON_TYPE;
  }
  return undefined;
}
